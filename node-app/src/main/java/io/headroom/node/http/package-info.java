/** What a node tells over HTTP. */
package io.headroom.node.http;
