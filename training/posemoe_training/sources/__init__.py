"""Readers of motion data that a user may have: each yields `Recording`s, whatever the format.

    recording.py       one recording; the repository's own .npz, read and written
    repair.py          frame rate, jumps, plausibility: what every recording goes through
    seventeen.py       from the named points of a rig to the 17 joints; units and the up axis
    rotation.py        Euler angles to matrices
    bvh.py             Biovision files
    asf_amc.py         Acclaim files: the CMU database
    h36m.py            the usual .npz pair of Human3.6M, with real 2D keypoints
    mpi_inf_3dhp.py    annot.mat of MPI-INF-3DHP
    calibration.py     cameras of a data set, from a JSON file of yours
    data_pickle.py     objects inside .npz files, read without running any code
    mat5.py            MATLAB files of version 5

A reader offers `jobs(path, ...)`: a list of things to read, each of which may fail on its own with
a `SourceError` that says what was found and what was expected.
"""
