"""Plans at work: what the register asks of a plan, plans kept with their proof, and their life.

How a plan is found stands in ``liangxin.planning``, which knows no register.
"""
