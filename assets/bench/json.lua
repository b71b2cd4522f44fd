-- Writing and reading a document: recursion over tables, buffers of strings, byte-wise scanning. Size: rounds.
local rounds = tonumber((...))
local byte, sub, find = string.byte, string.sub, string.find
local function encode(value, out)
  local kind = type(value)
  if kind == "number" then out[#out + 1] = string.format("%.3f", value)
  elseif kind == "string" then out[#out + 1] = '"' .. value .. '"'
  elseif kind == "boolean" then out[#out + 1] = value and "true" or "false"
  elseif #value > 0 then
    for i = 1, #value do
      out[#out + 1] = i == 1 and "[" or ","
      encode(value[i], out)
    end
    out[#out + 1] = "]"
  else
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    out[#out + 1] = "{"
    for i = 1, #keys do
      if i > 1 then out[#out + 1] = "," end
      out[#out + 1] = '"' .. keys[i] .. '":'
      encode(value[keys[i]], out)
    end
    out[#out + 1] = "}"
  end
end
local decode
local function text_at(s, at)
  local close = find(s, '"', at + 1, true)
  return sub(s, at + 1, close - 1), close + 1
end
decode = function(s, at)
  local c = byte(s, at)
  if c == 34 then return text_at(s, at) end
  if c == 123 then
    local object = {}
    at = at + 1
    while byte(s, at) ~= 125 do
      if byte(s, at) == 44 then at = at + 1 end
      local key
      key, at = text_at(s, at)
      object[key], at = decode(s, at + 1)
    end
    return object, at + 1
  end
  if c == 91 then
    local list = {}
    while byte(s, at) ~= 93 do list[#list + 1], at = decode(s, at + 1) end
    return list, at + 1
  end
  if c == 116 then return true, at + 4 end
  if c == 102 then return false, at + 5 end
  local _, stop = find(s, "^[%d%.%-]+", at)
  return tonumber(sub(s, at, stop)), stop + 1
end
local document = { name = "level", active = true, entities = {} }
for i = 1, 60 do
  document.entities[i] = { id = i, kind = "enemy" .. i % 5, position = { i * 0.5, i * 0.25, 1 }, flags = { hidden = i % 3 == 0, boss = i == 7 } }
end
local sum = 0
for round = 1, rounds do
  local out = {}
  encode(document, out)
  local text = table.concat(out)
  local copy = decode(text, 1)
  copy.entities[round % 60 + 1].position[1] = round
  sum = (sum + #text + copy.entities[60].position[2]) % 1000000007
  document = copy
end
print(string.format("json %d %.6f", rounds, sum))
