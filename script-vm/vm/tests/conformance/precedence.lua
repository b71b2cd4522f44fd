-- Precedence and associativity of every pair of operators, against the same expression with parentheses.
local binary = { "or", "and", "<", ">", "<=", ">=", "~=", "==", "|", "~", "&", "<<", ">>", "..", "+", "-", "*", "/", "//", "%", "^" }
local log
local function node(op)
  return function(a, b)
    local text = "(" .. tostring(a) .. op .. tostring(b) .. ")"
    log[#log + 1] = op
    return setmetatable({ text = text }, getmetatable(a) or getmetatable(b))
  end
end
local M = { __tostring = function(v) return v.text end }
for event, op in pairs { add = "+", sub = "-", mul = "*", div = "/", idiv = "//", mod = "%", pow = "^", band = "&", bor = "|", bxor = "~", shl = "<<", shr = ">>", concat = ".." } do
  M["__" .. event] = node(op)
end
M.__unm = function(v) return setmetatable({ text = "(-" .. v.text .. ")" }, M) end
M.__bnot = function(v) return setmetatable({ text = "(~" .. v.text .. ")" }, M) end
M.__len = function(v) return setmetatable({ text = "(#" .. v.text .. ")" }, M) end
local env = {}
for name in ("a b c d"):gmatch "%a" do env[name] = setmetatable({ text = name }, M) end
local function run(text)
  log = {}
  local f, message = load("return " .. text, "=expr", "t", env)
  if not f then return message end
  local ok, v = pcall(f)
  return ok and tostring(v) or v
end
local arithmetic = { "|", "~", "&", "<<", ">>", "..", "+", "-", "*", "/", "//", "%", "^" }
for _, p in ipairs(arithmetic) do
  local row = {}
  for _, q in ipairs(arithmetic) do row[#row + 1] = run("a " .. p .. " b " .. q .. " c") end
  print(p, table.concat(row, " "))
end
for _, unary in ipairs { "-", "~", "#" } do
  local row = {}
  for _, q in ipairs(arithmetic) do row[#row + 1] = run(unary .. "a " .. q .. " b") .. run("a" .. q .. " " .. unary .. "b") end
  print(unary, table.concat(row, " "))
end
print(run "a ^ b ^ c ^ d", run "a .. b .. c .. d", run "a - b - c - d", run "-a ^ -b ^ c", run "- - a", run "-~#a", run "a + b << c * d & a .. b")
-- Comparison and logic by truth tables.
for _, p in ipairs { "or", "and", "==", "~=" } do
  for _, q in ipairs { "or", "and", "==", "~=" } do
    local row = {}
    for bits = 0, 7 do
      local function v(i) return bits >> i & 1 == 1 and "true" or "false" end
      row[#row + 1] = tostring(load("return " .. v(0) .. " " .. p .. " " .. v(1) .. " " .. q .. " " .. v(2))()):sub(1, 1)
    end
    print(p, q, table.concat(row))
  end
end
print(2 ^ 3 ^ 2, -2 ^ 2, 2 ^ -2, not 1 == 2, not (1 == 2), 1 .. 2 == "12", 1 + 2 .. 3 + 4, 2 * 3 % 4, 7 // 2 * 2, 1 + 1 == 2 and "y" or "n")
print(1 < 2 == true, 1 << 2 < 5, 3 | 4 ~ 1 & 7, -3 % 5, -(3 % 5), (-3) % 5, #"ab" + 1, -"2" + 1, not nil and 1)
print(1 or 2 and 3, (1 or 2) and 3, nil and 1 or 2, false == false ~= true, 1 .. 2 .. 3, "a" < "b" and "b" < "c")
-- Order of evaluation of operands is left to right where metamethods or calls can tell.
local order = {}
local function t(v) order[#order + 1] = tostring(v) return v end
local _ = t(1) + t(2) * t(3) ^ t(2) - t(4) print(table.concat(order, " ")) order = {}
_ = t("a") .. t("b") .. t("c") print(table.concat(order, " "), _) order = {}
_ = t(1) < t(2) print(table.concat(order, " ")) order = {}
_ = t(3) > t(4) print(table.concat(order, " ")) order = {}
_ = { t(1), x = t(2), [t(3)] = t(4), t(5) } print(table.concat(order, " ")) order = {}
_ = t(false) and t(1) or t(2) print(table.concat(order, " ")) order = {}
print(t(1), t(2), (t(3))) print(table.concat(order, " "))
