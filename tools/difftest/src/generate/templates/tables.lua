--- tables.parts 14 160
local t, kept = ‹{}¦{1, 2}¦{[3] = 1}¦{[10] = 1}›, 0
local function shown() local s = {} for k = 0, 11 do s[#s + 1] = tostring(t[k]) end return table.concat(s, " ") end
local function put(k, v) t[k] = v print(k, shown()) end
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹2¦nil¦"v"›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹1.5¦nil¦3›) put(‹1¦2¦3¦4¦5¦6¦8¦10›, ‹4¦nil›)
‹for k = 1, $p do put(k, k) end for k = 1, $p do t[k] = nil end for k = $p, 11 do put(k, k) end¦¦for k = 11, 1, -1 do put(k, ‹k¦k % 3 == 0 and k or nil›) end›
‹t.x, t.y = 1, 2¦›
for k in ‹pairs(t)¦next, t› do
  kept = kept + 1
  if kept > 30 then break end
  ‹t[k] = nil¦t[k] = 0¦if type(k) == "number" and k % 2 == 0 then t[k] = nil end›
end
print(kept, shown(), t.x, t.y)
put(‹1¦2¦3›, 7) put(‹4¦5¦6›, 8) put(‹2¦3¦4›, 9)
kept = 0
for _ in pairs(t) do kept = kept + 1 end
print(kept)
