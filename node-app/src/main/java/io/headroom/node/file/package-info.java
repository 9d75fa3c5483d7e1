/** The file back end: a pool whose volumes are files of a directory that every host sees. */
package io.headroom.node.file;
