"""Tests of the panorama core: no time, no chance, no input or output."""
