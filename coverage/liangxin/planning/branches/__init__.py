"""Joint branches (联合党支部): which organisations form one together, with a proof. Pure.

``problem`` says what is asked, ``nearness`` what near means, ``candidates`` which groups are
looked at, ``method`` finds a plan and prices, ``checker`` counts both again, ``result`` tells them.
"""
