-- When this process last said that it works, by the store's clock.
SELECT said_at FROM processes FINAL WHERE name = {name:String}
