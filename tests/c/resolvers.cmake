# What c_api.c names, on the host and on boards.
function(add_c_api_resolvers target)
  arenite_add_resolver(${target} model_resolver fully_connected relu softmax)
  arenite_add_resolver(${target} no_softmax fully_connected relu)
  arenite_add_resolver(${target} summing_resolver add assign_variable read_variable var_handle)
  arenite_add_resolver(${target} rounds_resolver add less while_)
endfunction()
