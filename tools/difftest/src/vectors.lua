-- PUC Lua has no vectors: there, `vec2` and `vec3` make tables that compute as COMPATIBILITY.md says. Rounding what was
-- computed in 64 bits to 32 gives what computing in 32 bits gives.
if not vec2 then
  local pack, unpack, setmetatable, getmetatable, type = string.pack, string.unpack, setmetatable, getmetatable, type
  local sqrt, abs, huge, sub, find = math.sqrt, math.abs, math.huge, string.sub, string.find
  local axes, makers = { "x", "y", "z" }, {}
  local function single(x) return (unpack("f", pack("f", x))) end
  for count = 2, 3 do
    local meta, methods = {}, {}
    -- A vector of what `of` says for each axis.
    local function make(of)
      local v = {}
      for i = 1, count do v[axes[i]] = single(of(axes[i])) end
      return setmetatable(v, meta)
    end
    local function check(operand, may_be_number)
      if getmetatable(operand) ~= meta and not (may_be_number and type(operand) == "number") then
        error("no vector of that type")
      end
    end
    local function lane(operand, axis)
      return type(operand) == "table" and operand[axis] or single(operand)
    end
    local function operator(operate, may_be_number)
      return function(a, b)
        check(a, may_be_number)
        check(b, may_be_number)
        return make(function(axis) return operate(lane(a, axis), lane(b, axis)) end)
      end
    end
    local add = operator(function(a, b) return a + b end)
    local subtract = operator(function(a, b) return a - b end)
    local multiply = operator(function(a, b) return a * b end, true)
    local divide = operator(function(a, b) return a / b end, true)
    meta.__add, meta.__sub, meta.__mul, meta.__div = add, subtract, multiply, divide
    meta.__unm = function(a) return make(function(axis) return -a[axis] end) end
    meta.__eq = function(a, b)
      for i = 1, count do if a[axes[i]] ~= b[axes[i]] then return false end end
      return getmetatable(a) == getmetatable(b)
    end
    meta.__index = function(v, name)
      local letters = type(name) == "string" and (#name == 2 or #name == 3)
      if letters and not find(name, count == 2 and "[^xy]" or "[^xyz]") then
        return makers[#name](function(axis) return v[sub(name, find("xyz", axis), find("xyz", axis))] end)
      end
      return methods[name]
    end
    function methods.dot(a, b)
      check(a)
      check(b)
      local sum = single(a.x * b.x)
      for i = 2, count do sum = single(sum + single(a[axes[i]] * b[axes[i]])) end
      return sum
    end
    function methods.length_squared(a) return methods.dot(a, a) end
    function methods.length(a) return single(sqrt(methods.dot(a, a))) end
    function methods.distance(a, b) return methods.length(subtract(a, b)) end
    function methods.normalize(a)
      local reciprocal = single(1 / methods.length(a))
      local directed = reciprocal > 0 and reciprocal < huge
      return make(function(axis) return directed and a[axis] * reciprocal or 0.0 end)
    end
    function methods.lerp(a, b, t)
      check(a)
      check(b)
      local rest = subtract(make(function() return 1 end), make(function() return t end))
      return add(multiply(a, rest), multiply(b, t))
    end
    methods.min = operator(function(a, b) if a < b then return a end return b end)
    methods.max = operator(function(a, b) if a > b then return a end return b end)
    function methods.abs(a) return make(function(axis) return abs(a[axis]) end) end
    function methods.floor(a) return make(function(axis) return a[axis] // 1 end) end
    function methods.unpack(a)
      if count == 2 then return a.x, a.y end
      return a.x, a.y, a.z
    end
    function methods.cross(a, b)
      check(a)
      check(b)
      local function minor(x, y) return single(single(a[x] * b[y]) - single(a[y] * b[x])) end
      if count == 2 then return minor("x", "y") end
      local minors = { x = minor("y", "z"), y = minor("z", "x"), z = minor("x", "y") }
      return make(function(axis) return minors[axis] end)
    end
    if count == 2 then
      function methods.perp(a) return make(function(axis) return axis == "x" and -a.y or a.x end) end
    end
    makers[count] = make
    _G["vec" .. count] = function(...)
      local first, second = ...
      local given = select("#", ...)
      if type(first) == "table" then
        return make(function(axis) return axis == "z" and (first.z or second) or first[axis] or 0 end)
      end
      local lanes = { ... }
      return make(function(axis)
        return (given == 1 and first or lanes[find("xyz", axis)]) or 0
      end)
    end
  end
end
