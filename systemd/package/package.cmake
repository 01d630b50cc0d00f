# package.cmake: `cpack` makes maildropd_VERSION_ARCH.deb and its debug symbols, of a build with
#   cmake -B build-package -DCMAKE_INSTALL_PREFIX=/usr -DMAILDROP_PACKAGE=ON && cmake --build build-package && (cd build-package && cpack)
# (examples/package.sh does all of it). The package is maildropd: Debian has another maildrop, Courier's delivery agent, which owns
# /usr/bin/maildrop, too.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME maildropd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "maildrop contributors <maintainers@maildrop.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "receiving mail service and antispam playground")
set(CPACK_PACKAGE_DESCRIPTION "Takes in mail for any name of a domain over SMTP, stores it durably in
SQLite or Redis, shows it in a terminal, over HTTP and in a browser, and
lets it expire. Nothing is sent on. Filters score, hide or refuse spam,
and new ones are tried on live and on recorded mail.
.
Its units are not enabled by the installation: see maildrop-systemd(7).")
set(CPACK_SET_DESTDIR ON)  # the units name the binary by the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The script that installs makes the user and the folders by what systemd has for that.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd-standalone-sysusers | systemd, systemd-standalone-tmpfiles | systemd")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, dns-root-data, libarchive13")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-server")
set(CPACK_DEBIAN_PACKAGE_CONFLICTS "maildrop")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_BUILD_SOURCE_DIRS ${PROJECT_SOURCE_DIR})  # what the debug symbols name
set(CPACK_DEBIAN_COMPRESSION_TYPE none)             # repack.cmake does
set(CPACK_STRIP_FILES OFF)                          # it is what takes the symbols out that strips
set(here ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${here}/postinst ${here}/prerm ${here}/postrm ${here}/conffiles)
set(CPACK_POST_BUILD_SCRIPTS ${here}/repack.cmake)
include(CPack)

# What a package has beyond `cmake --install`.
find_program(GZIP gzip REQUIRED)
install(FILES ${PROJECT_SOURCE_DIR}/examples/maildrop.toml DESTINATION /etc/maildrop)
install(FILES ${here}/default DESTINATION /etc/default RENAME maildrop)
install(FILES ${here}/copyright DESTINATION share/doc/maildropd)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/systemd ${PROJECT_SOURCE_DIR}/examples/filters DESTINATION share/doc/maildropd/examples)
install(FILES ${PROJECT_SOURCE_DIR}/examples/redis.conf DESTINATION share/doc/maildropd/examples)
install(CODE "
  set(share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share\")
  file(COPY ${here}/changelog DESTINATION \"\${share}/doc/maildropd\")
  file(GLOB pages \"\${share}/man/man*/maildrop*.[1-8]\")
  execute_process(COMMAND ${GZIP} -9nf \"\${share}/doc/maildropd/changelog\" \${pages} COMMAND_ERROR_IS_FATAL ANY)")
