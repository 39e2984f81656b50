"""The exercises of the lessons: `lesson_NN.py` says what is asked for and what goes wrong, as `EXERCISES`, a dict of
number -> `Exercise`; `NN.json` holds the solutions, written from the lesson's source when its notebook is built.
"""
