// Of its own it has nothing: the headers of precompiled.cmake are compiled with it.
