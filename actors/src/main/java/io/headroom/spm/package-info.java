/** The storage pool manager: reads the mail, decides, changes the pool, answers. */
package io.headroom.spm;
