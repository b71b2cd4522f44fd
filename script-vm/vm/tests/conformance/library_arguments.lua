-- Every library function with arguments of every kind in every place: results and messages.
local function serialized(value, depth)
  local kind = math.type(value)
  if kind == "float" then
    return value ~= value and "nan" or string.format("%.14g", value) .. "f"
  elseif type(value) == "string" then
    return string.format("%q", value)
  elseif type(value) ~= "table" then
    return (type(value) == "function" or type(value) == "userdata" or type(value) == "thread") and type(value) or tostring(value)
  elseif depth > 2 then
    return "..."
  end
  local keys, out = {}, {}
  for key in next, value do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) < type(b) end
    return type(a) ~= "boolean" and type(a) ~= "table" and a < b
  end)
  for index, key in ipairs(keys) do
    out[index] = serialized(key, depth + 1) .. "=" .. serialized(value[key], depth + 1)
  end
  return "{" .. table.concat(out, " ") .. "}"
end

local function line(name, ok, ...)
  local out = {}
  for index = 1, select("#", ...) do
    local value = select(index, ...)
    -- Engines run at different times.
    if name == "os.time" and math.type(value) and math.abs(value - os.time()) < 3600 then value = "now" end
    out[index] = serialized(value, 0)
  end
  local text = string.gsub(table.concat(out, ", "), "0x%x%x%x%x+", "ADDRESS")
  print(name, ok, text)
end

-- The same pseudo-random numbers in every engine.
local seed = 20240229
local function below(count)
  seed = (seed * 16807) % 2147483647
  return seed % count + 1
end

local named = setmetatable({}, { __name = "My.Type" })
local shown = setmetatable({}, { __tostring = function() return "shown" end })
local like_list = setmetatable({}, { __index = function(_, key) return math.type(key) == "integer" and key < 4 and key * 10 or nil end, __len = function() return 3 end })

-- Fresh values each time, so that no call sees what another one did.
local makers = {
  integer = { 0, 1, -1, 2, 3, 5, -5, 10, 255, 256, math.maxinteger, math.mininteger, 1 << 31, 1 << 53 },
  float = { 0.0, -0.0, 1.5, -2.5, 3.0, 1e15, 2 ^ 53, 2 ^ 63, -2 ^ 63, 1 / 0, -1 / 0, 0.1, 1e-300 },
  text = { "", "a", "abc", "hello world", "10", "0x1F", " 7 ", "1e1", "1.5", "key=val, k2=v2", "a\0b", "äöü€", "\255\254", ("x"):rep(45) },
  pattern = { "a", "%w+", "(%w+)=(%w+)", ".", ".-", "%s*", "^%s*(.-)%s*$", "%b()", "%f[%w]%w+", "()", "", "%", "[a", "(a", "a)", "%1", "(.)%1", "^h", "l+$", "[^,]*", "x*" },
  format = { "%d", "%5.2f", "%s|%10s", "%q", "%x", "%c", "%-5d|", "%+.3e", "%%", "%a", "%g", "%i", "%5", "%y", "%10.4s|", "%" },
  layout = { "i4", "<i2>i2", "z", "s1", "!4 b i4", "d", "B", "c3", "j", "i17", "xb", "Xi4", "f", "q" },
  table = {
    function() return {} end, function() return { 1, 2, 3 } end, function() return { 3, 1, 2, 5, 4 } end,
    function() return { "c", "a", "b" } end, function() return { 1.5, 2, 0.5 } end, function() return { 1, 2, x = 3 } end,
    function() return like_list end, function() return { { 1 }, { 2 } } end, function() return { 1, "x", 2.5 } end,
    function() return setmetatable({}, { __index = { 9, 8, 7 } }) end,
  },
  other = { nil, true, false, print, named, shown, function() return { "a" } end, io.stdout, coroutine.create(print), "text", 7, 2.5 },
  small = { -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7 },
  action = { string.upper, function(a) return a end, function() end, function() return 5 end, function() return {} end, "<%0>", "%1%1", "%2", "%", { a = "1", hello = false }, 5 },
  order = { function(a, b) return a > b end, function() return true end, function() error("order", 0) end, 5 },
}
local counts = {}
for kind, values in pairs(makers) do counts[kind] = kind == "other" and 12 or #values end

local function value_of(kind)
  -- Now and then a value of a wrong kind.
  if below(9) == 1 then kind = "other" end
  local value = makers[kind][below(counts[kind])]
  if type(value) == "function" and kind == "table" then value = value() end
  return value
end

local signatures = {
  "assert other other", "error other small", "getmetatable other", "ipairs other", "next table small", "pairs other",
  "rawequal other other", "rawget table other", "rawlen other", "rawset table other other", "select small other other other",
  "tonumber text", "tonumber text small", "tostring other", "type other", "load text text text", "pcall other other",
  "string.byte text small small", "string.char integer integer", "string.find text pattern small other", "string.format format other other",
  "string.format format integer text", "string.format format float float", "string.gsub text pattern action small", "string.len text",
  "string.lower text", "string.match text pattern small", "string.pack layout integer integer", "string.pack layout float text",
  "string.packsize layout", "string.rep text small text", "string.reverse text", "string.sub text small small",
  "string.unpack layout text small", "string.upper text", "table.concat table text small small", "table.insert table other",
  "table.insert table small other", "table.move table small small small table", "table.pack other other other", "table.remove table small",
  "table.sort table order", "table.sort table", "table.unpack table small small", "math.abs float", "math.abs integer", "math.ceil float", "math.floor float",
  "math.fmod integer integer", "math.fmod float float", "math.max float integer float", "math.min integer float", "math.modf float",
  "math.random integer integer", "math.tointeger other", "math.tointeger float", "math.type other", "math.ult integer integer", "math.sqrt float",
  "utf8.char integer integer", "utf8.codepoint text small small other", "utf8.len text small small other", "utf8.offset text small small",
  "utf8.codes text other", "os.time table", "os.difftime integer integer", "io.type other", "io.open text text", "collectgarbage text",
  "debug.getinfo other text", "debug.getlocal other small", "debug.getupvalue other small", "setmetatable table table",
  "coroutine.create other", "coroutine.status other", "coroutine.close other", "coroutine.wrap other",
}

for _, signature in ipairs(signatures) do
  local kinds = {}
  for word in signature:gmatch("%S+") do kinds[#kinds + 1] = word end
  local name = table.remove(kinds, 1)
  local called = _G
  for part in name:gmatch("[^.]+") do called = called[part] end
  for round = 1, 14 do
    local count = below(3) == 1 and below(#kinds + 1) - 1 or #kinds
    local arguments = {}
    for index = 1, count do arguments[index] = value_of(kinds[index]) end
    math.randomseed(42)
    -- Called by a Lua function, under a name of its own, and by `pcall`.
    local run = function(...) return called(...) end
    if round % 3 == 0 then run = called end
    line(name, pcall(run, table.unpack(arguments, 1, count)))
  end
end
