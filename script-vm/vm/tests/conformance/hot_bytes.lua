-- Bytes of strings in hot loops: at all positions, beyond the ends, of other things than strings.
local byte = string.byte
local function sum(s, from, to)
  local total, missing = 0, 0
  for i = from, to do
    local c = byte(s, i)
    if c then total = total + c else missing = missing + 1 end
  end
  return total, missing
end
for i = 1, 60 do sum("abc", 1, 3) end
print(sum("hello world", 1, 11))
print(sum("hello world", -20, 20))
print(sum("", -1, 1))
print(sum("\0\255\128", 1, 3))
print(sum("abc", math.mininteger, math.mininteger + 2))
print(sum("abc", math.maxinteger - 1, math.maxinteger))
print(pcall(sum, 12345, 1, 5))
print(pcall(sum, 1.5, 1, 5))
print(pcall(sum, nil, 1, 5))
print(pcall(sum, {}, 1, 5))

local function first(s)
  local n = 0
  for _ = 1, 10 do n = n + string.byte(s) end
  return n
end
for i = 1, 60 do first("x" .. i) end
print(first("A"), first("\0"), pcall(first, ""))

-- Positions that are no integers.
local function at(s, i)
  local c = byte(s, i)
  return c
end
for i = 1, 200 do at("some text", i % 12 - 4) end
print(at("text", 2.0), at("text", "3"), at("text", 0), at("text", -4), at("text", -5))
print(pcall(at, "text", 1.5))
print(pcall(at, "text", "x"))
print(pcall(at, "text", nil))

-- Where any number of results is taken, there may be none.
local function count(...) return select("#", ...) end
local function all(s, i) return byte(s, i) end
local function counts(s, n)
  local total = 0
  for i = 1, n do total = total + count(byte(s, i)) + count(all(s, i)) end
  return total
end
for i = 1, 60 do counts("abc", 4) end
print(counts("abcdef", 10), counts("", 3))

-- The function is another one from some point on.
local function lex(s, stop)
  local words, inside = 0, false
  for i = 1, #s + 1 do
    local c = string.byte(s, i)
    if i == stop then string.byte = function() return 32 end end
    if c and c ~= 32 then
      if not inside then words = words + 1 end
      inside = true
    else
      inside = false
    end
  end
  return words
end
for i = 1, 40 do lex("one two  three", 0) end
print(lex("one two  three four", 0))
print(lex("one two  three four", 6))
string.byte = byte
print(lex("one two  three four", 0))

-- Lengths of strings, and of what else comes where strings were.
local function lengths(list)
  local n = 0
  for _, v in pairs(list) do n = n + #v end
  return n
end
for i = 1, 60 do lengths({ "a", "bc", ("x"):rep(i) }) end
print(lengths({ "a", "", "\0\0", k = "key" }))
print(lengths({ "a", { 1, 2, 3 } }))
print(pcall(lengths, { "a", 12 }))
print(pcall(lengths, { "a", true }))
print(lengths({ "a", setmetatable({}, { __len = function() return 40 end }) }))
