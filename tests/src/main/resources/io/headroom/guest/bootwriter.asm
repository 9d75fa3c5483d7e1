; bootwriter.asm - a guest in one boot sector. It writes a recognisable pattern, request after request, to one or
; more disks through the BIOS and then halts. GuestImage sets the parameters; GuestPattern knows the pattern.
;
; Assemble it beside this file, and commit both:   nasm -f bin -o bootwriter.bin bootwriter.asm
;
; A sector:  0 "HEADROOM" | 8 LBA | 12 VM | 16 disk (0 = the first) | 20 filler 5a ... | 508 LBA
; Progress on port e9, one line each:  S first | W next (all before it is written) | D next (the end) | E status
; with an LBA, or the BIOS's status, of eight hexadecimal digits.

        bits 16
        org 0x7c00

        jmp short begin
        times 8-($-$$) db 0

; Parameters, little-endian, at fixed places from byte 8 on.
first:    dd 2048                 ; 08 first sector of the region
sectors:  dd 2048                 ; 0c sectors of the region, at least 1
vm:       dd 1                    ; 10 stamped into every sector
step:     dd 128                  ; 14 sectors from one request to the next
length:   dw 128                  ; 18 sectors of a request: 1 to 128, the BIOS takes no more
pertick:  dw 0                    ; 1a requests for each tick of the timer, 0 = as fast as it goes
divisor:  dw 0                    ; 1c of the timer's 1193182 Hz, 0 = the BIOS's 65536
every:    dw 16                   ; 1e requests from one line of progress to the next
drive:    db 0x81                 ; 20 the first disk's number in the BIOS
drives:   db 1                    ; 21 how many disks, numbered one after the other
exit:     db 0                    ; 22 1 = end QEMU through isa-debug-exit on port f4 when all is written
        align 4, db 0
magic:    db 'HEADROOM'

begin:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        cld
        sti
        mov bx, [divisor]
        test bx, bx
        jz fill
        mov al, 0x34              ; channel 0, low byte then high byte, rate generator
        out 0x43, al
        mov al, bl
        out 0x40, al
        mov al, bh
        out 0x40, al
fill:   mov ax, 0x1000            ; the request's 64 KiB at 1000:0000
        mov es, ax
        xor di, di
        mov eax, 0x5a5a5a5a
        mov cx, 0x4000
        rep stosd
        mov al, 'S'
        mov edx, [first]
        call report
        xor ebp, ebp              ; how far into the region

request:
        movzx ecx, word [length]
        mov eax, [sectors]
        sub eax, ebp
        cmp eax, ecx
        jae whole
        mov cx, ax
whole:  mov [count], cx
        mov eax, [first]
        add eax, ebp
        mov [lba], eax
        mov bl, [drive]
        mov bh, [drives]
disk:   call stamp
        mov dl, bl
        mov si, packet
        mov ax, 0x4300            ; extended write
        push bx
        int 0x13
        pop bx
        jc failed
        inc bl
        dec bh
        jnz disk

        inc word [untold]
        mov ax, [untold]
        cmp ax, [every]
        jb pace
        mov word [untold], 0
        mov al, 'W'
        call progress
pace:   mov ax, [pertick]
        test ax, ax
        jz next
        inc word [ticked]
        cmp [ticked], ax
        jb next
        mov word [ticked], 0
        mov eax, [0x46c]          ; the BIOS's count of ticks
wait_:  cmp eax, [0x46c]
        jne next
        hlt
        jmp wait_
next:   add ebp, [step]
        cmp ebp, [sectors]
        jb request

        mov al, 'D'
        call progress
        mov al, 0x10              ; QEMU's exit status: 2 * 16 + 1
        jmp finish
failed: movzx edx, ah
        mov al, 'E'
        call report
        mov al, 0x20
finish: test byte [exit], 1
        jz halt
        out 0xf4, al
halt:   hlt
        jmp halt

; The request's sectors for disk bl.
stamp:  xor di, di
        mov edx, [lba]
        mov cx, [count]
sector: mov eax, [magic]
        mov [es:di], eax
        mov eax, [magic+4]
        mov [es:di+4], eax
        mov [es:di+8], edx
        mov eax, [vm]
        mov [es:di+12], eax
        movzx eax, bl
        sub al, [drive]
        mov [es:di+16], eax
        mov [es:di+508], edx
        add di, 512
        inc edx
        loop sector
        ret

; Letter al with the sector after the last request.
progress:
        mov edx, [lba]
        movzx ecx, word [count]
        add edx, ecx
; Letter al with number edx.
report: out 0xe9, al
        mov al, ' '
        out 0xe9, al
        mov cx, 8
digit:  rol edx, 4
        mov al, dl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        out 0xe9, al
        loop digit
        mov al, 10
        out 0xe9, al
        ret

        align 4, db 0
packet: db 16, 0                  ; the disk address packet of int 13h
count:  dw 0
        dw 0, 0x1000
lba:    dd 0, 0
untold: dw 0
ticked: dw 0

        times 510-($-$$) db 0
        dw 0xaa55
