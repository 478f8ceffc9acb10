"""Plans of instructors: which person looks after which organisation. Pure.

``plans.plan`` makes a plan, ``repair.replan`` repairs the one in force after a small change. Both
raise ``Misuse`` for a problem that contradicts itself and return a plan for every other one,
however little can be planned.
"""
