-- The game of life on rows of small integers, with a fresh board for every generation. Size: generations.
local generations = tonumber((...))
local SIDE = 96
local board, seed = {}, 5
for y = 1, SIDE do
  board[y] = {}
  for x = 1, SIDE do
    seed = (seed * 16807) % 2147483647
    board[y][x] = seed % 3 == 0 and 1 or 0
  end
end
local function step(old)
  local new = {}
  for y = 1, SIDE do
    local above, row, below = old[(y - 2) % SIDE + 1], old[y], old[y % SIDE + 1]
    local cells = {}
    for x = 1, SIDE do
      local left, right = (x - 2) % SIDE + 1, x % SIDE + 1
      local n = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] + below[right]
      if n == 3 or (n == 2 and row[x] == 1) then cells[x] = 1 else cells[x] = 0 end
    end
    new[y] = cells
  end
  return new
end
for generation = 1, generations do board = step(board) end
local alive = 0
for y = 1, SIDE do for x = 1, SIDE do alive = alive + board[y][x] * (x + y) end end
print(string.format("life %d %.6f", generations, alive))
