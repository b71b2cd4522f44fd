-- Runs one program and returns everything it did as one ASCII string: what it printed, how it ended, and its globals.
-- Both engines run this text, so that what an engine under test must offer is only "call this chunk with two strings".
-- What two right engines may differ in (addresses, the sign of NaN, where a stack overflows) is left out here.
local source, name = ...
local type, tostring, select, next, pairs, pcall, load = type, tostring, select, next, pairs, pcall, load
local getmetatable, rawget, rawequal, mathtype = getmetatable, rawget, rawequal, math.type
local find, gsub, sub, format, byte, concat, sort = string.find, string.gsub, string.sub, string.format, string.byte,
  table.concat, table.sort
-- The oracle comes without it.
debug = nil

local lines, count, lost = {}, 0, 0

local function escape(s)
  if find(s, "stack overflow", 1, true) or find(s, "error in error handling", 1, true) then return "<stack overflow>" end
  if not find(s, "[^\32-\126]") then return s end
  return (gsub(s, "[^\32-\126]", function(c) return format("\\%03d", byte(c)) end))
end

-- A value as text without addresses.
function str(v)
  local kind = type(v)
  if kind == "string" then return v end
  if v ~= v then return "nan" end
  if kind == "table" then
    local meta = getmetatable(v)
    if type(meta) ~= "table" or not (rawget(meta, "__tostring") or rawget(meta, "__name")) then return kind end
  elseif kind ~= "nil" and kind ~= "boolean" and kind ~= "number" then
    return kind
  end
  return tostring(v)
end

local str = str

local function record(line)
  if count < 2000 then count = count + 1; lines[count] = line else lost = lost + 1 end
end

function print(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = escape(str((select(i, ...)))) end
  record(concat(words, "\t"))
end

-- Keeps strings that grow in loops short.
function cap(s) if #s > 60 then return sub(s, 1, 60) end return s end

-- A number that is not NaN, for places where its sign would show.
function nn(x) if x ~= x then return 0.25 end return x end

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local ranka, rankb = RANK[type(a)], RANK[type(b)]
  if ranka ~= rankb then return ranka < rankb end
  if ranka == 3 then return not a and b end
  return a < b
end

local function sorted_keys(t)
  local keys, n, others = {}, 0, 0
  for k in next, t do
    if RANK[type(k)] then n = n + 1; keys[n] = k else others = others + 1 end
  end
  sort(keys, before)
  return keys, n, others
end

-- `pairs` in an order of its own: keys of simple types, sorted, as they were at the beginning.
function spairs(t)
  local keys, n = sorted_keys(t)
  local i = 0
  return function()
    while i < n do
      i = i + 1
      local k = keys[i]
      local v = rawget(t, k)
      if v ~= nil then return k, v end
    end
  end
end

local function describe(v, depth, path)
  local kind = type(v)
  if kind == "string" then return "'" .. escape(v) .. "'" end
  if kind == "number" then
    if v ~= v then return "nan" end
    return mathtype(v) == "float" and "f" .. format("%.17g", v) or tostring(v)
  end
  if kind ~= "table" then return str(v) end
  if path[v] then return "<cycle>" end
  if depth == 0 then return "<table>" end
  path[v] = true
  local parts = {}
  local keys, n, others = sorted_keys(v)
  for i = 1, n do
    local k = keys[i]
    parts[i] = "[" .. describe(k, 0, path) .. "]=" .. describe(rawget(v, k), depth - 1, path)
  end
  if others > 0 then parts[n + 1] = others .. " other keys" end
  if getmetatable(v) then parts[#parts + 1] = "meta" end
  path[v] = nil
  return "{" .. concat(parts, ", ") .. "}"
end

-- The whole of a value on one line.
function dump(label, ...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = describe(select(i, ...), 4, {}) end
  record(label .. " = " .. concat(words, "; "))
end

-- Shows what a protected call gives.
function try(f, ...) dump("try", pcall(f, ...)) end

local describe_error = function(e)
  if type(e) == "string" then return escape(e) end
  return "(" .. describe(e, 3, {}) .. ")"
end

local known = {}
for k in next, _G do known[k] = true end
local globals = _G

local chunk, problem = load(source, name, "t")
if not chunk then return "syntax error: " .. escape(problem) end
local ok, e = pcall(chunk)
if lost > 0 then lines[count + 1] = "and " .. lost .. " lines more"; count = count + 1 end
lines[count + 1] = ok and "-- finished" or "-- error: " .. describe_error(e)
count = count + 1
local extra = {}
for k in next, globals do if type(k) == "string" and not known[k] then extra[#extra + 1] = k end end
sort(extra)
for i = 1, #extra do
  lines[count + 1] = "global " .. extra[i] .. " = " .. describe(rawget(globals, extra[i]), 4, {})
  count = count + 1
end
return concat(lines, "\n")
