"""Plans: who looks after which organisation, and which organisations join in one branch. Pure.

Problem, method, result and checker lie apart. A problem names no solver; a plan is shown only
after the checker has recounted it from the problem and verified its bound (decision 0022).
"""
