# repack.cmake: cpack's packages, packed once more by dpkg-deb: with one order and one time of all files (SOURCE_DATE_EPOCH), so that
# the same sources make the same bytes; and of the debug symbols with sums that name files of the package, and its documents, which
# cpack leaves out.
foreach(package ${CPACK_PACKAGE_FILES})
  set(tree ${CPACK_TEMPORARY_DIRECTORY}-repack)
  file(REMOVE_RECURSE ${tree})
  execute_process(COMMAND dpkg-deb -R ${package} ${tree} COMMAND_ERROR_IS_FATAL ANY)
  if(package MATCHES "-dbgsym")
    file(MAKE_DIRECTORY ${tree}/usr/share/doc)
    file(CREATE_LINK maildropd ${tree}/usr/share/doc/maildropd-dbgsym SYMBOLIC)
  endif()
  execute_process(COMMAND sh -c "find usr etc -type f 2>/dev/null | LC_ALL=C sort | xargs md5sum > DEBIAN/md5sums && chmod 644 DEBIAN/md5sums"
    WORKING_DIRECTORY ${tree} COMMAND_ERROR_IS_FATAL ANY)
  if(NOT "$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
    execute_process(COMMAND find ${tree} -exec touch -h -d "@$ENV{SOURCE_DATE_EPOCH}" {} + COMMAND_ERROR_IS_FATAL ANY)
  endif()
  execute_process(COMMAND dpkg-deb --root-owner-group -Zxz --build ${tree} ${package} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE_RECURSE ${tree})
endforeach()
