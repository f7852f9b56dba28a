-- What a process is asked by this number.
SELECT parameters FROM errands WHERE name = {name:String} AND number = {number:UInt64}
