-- All ways to place queens on a board, by backtracking over small arrays. Size: the board's side.
local side = tonumber((...))
local columns, rising, falling = {}, {}, {}
for i = 1, side do columns[i] = true end
for i = 1, 2 * side do rising[i], falling[i] = true, true end
local found, steps = 0, 0
local function place(row)
  if row > side then
    found = found + 1
    return
  end
  for column = 1, side do
    local up, down = row + column, row - column + side
    if columns[column] and rising[up] and falling[down] then
      steps = steps + 1
      columns[column], rising[up], falling[down] = false, false, false
      place(row + 1)
      columns[column], rising[up], falling[down] = true, true, true
    end
  end
end
place(1)
print(string.format("queens %d %.6f %.6f", side, found, steps))
