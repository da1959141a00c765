#!/bin/sh
# Makes tests/fixtures/media with ffmpeg (5.1 or later, with libx264, libx265, libvpx, libaom and libwebp).
# Frame N of every clip has mean luma 24 + 6 N under a moving ripple, so that a test can tell which frame it sees.
set -eu
cd "$(dirname "$0")/../tests/fixtures/media"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact "$@"; }

ripple="geq=lum='24+6*N+14*sin((X+3*N)/7)*cos((Y-2*N)/9)':cb='128+12*sin(X/11)':cr='128+12*cos(Y/13)'"
source="color=black:size=96x64:rate=10:duration=3,format=yuv420p,$ripple"
tone="sine=frequency=440:sample_rate=16000:duration=3"
exact="-map_metadata -1 -flags:v +bitexact -flags:a +bitexact"
x264="-c:v libx264 -preset medium -threads 1 -g 10 -keyint_min 10 -sc_threshold 0 -bf 3 -b_strategy 0 -crf 20 $exact"
aac="-c:a aac -b:a 16k -ac 1"

# H.264 with B-frames: index at the end, in front with sound, in fragments with sound, open groups of pictures.
ff -f lavfi -i "$source" $x264 h264-index-last.mp4
ff -f lavfi -i "$source" -f lavfi -i "$tone" $x264 $aac -movflags +faststart h264-index-first.mp4
ff -f lavfi -i "$source" -f lavfi -i "$tone" $x264 $aac \
  -movflags +frag_keyframe+empty_moov+default_base_moof h264-fragmented.mp4
ff -f lavfi -i "$source" $x264 -x264-params open-gop=1:bframes=3:b-adapt=0:keyint=10:min-keyint=10 h264-open-gop.mp4
# Times: cut in the middle of a group (edit list), half a second of nothing before, variable frame rate.
ff -ss 0.75 -i h264-index-last.mp4 -c copy $exact edit-list-cut.mp4
ff -itsoffset 0.5 -i h264-index-last.mp4 -i h264-index-first.mp4 -map 0:v -map 1:a -c copy $exact edit-list-empty.mp4
ff -f lavfi -i "$source,settb=1/10000,setpts='(N+N*N/15)/10/TB'" -vsync vfr $x264 -video_track_timescale 10000 variable-frame-rate.mp4
# Geometry: turned a quarter (ffmpeg's 90 is 270 clockwise), pixels twice as wide as high, odd size.
ff -i h264-index-last.mp4 -c copy $exact -metadata:s:v rotate=90 h264-rotated.mov
ff -f lavfi -i "$source,setsar=2" $x264 wide-pixels.mp4
ff -f lavfi -i "color=black:size=97x65:rate=10:duration=3,format=yuv444p,$ripple" $x264 -pix_fmt yuv444p h264-444-odd.mp4
# 10 bits, 4:2:2; HDR of one colour, losslessly.
ff -f lavfi -i "$source" $x264 -pix_fmt yuv420p10le -profile:v high10 h264-high-10.mp4
ff -f lavfi -i "$source" $x264 -pix_fmt yuv422p -profile:v high422 h264-422.mp4
ff -f lavfi -i "color=black:size=64x64:rate=10:duration=0.3,format=yuv420p10le,geq=lum=520:cb=480:cr=560" -c:v libvpx-vp9 \
  -lossless 1 -threads 1 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc \
  -color_range tv $exact hdr-pq.webm
# One colour: R, G and B themselves, and BT.709 of full range of which only the stream says so, without primaries and transfer.
green="color=0x20C060:size=64x64:rate=10:duration=0.2"
ff -f lavfi -i "$green,format=gbrp" -c:v libx264rgb -qp 0 -threads 1 -pix_fmt bgr0 $exact h264-rgb.mp4
ff -f lavfi -i "$green,format=gbrp" -c:v libvpx-vp9 -lossless 1 -threads 1 -pix_fmt gbrp $exact vp9-rgb.webm
ff -f lavfi -i "$green,scale=out_color_matrix=bt709:out_range=pc,format=yuv420p" $x264 -qp 0 -colorspace bt709 -color_range pc h264-matrix-only.mp4
ff -f lavfi -i "$green,scale=out_color_matrix=smpte240m,format=yuv420p" $x264 -qp 0 -colorspace smpte240m -color_primaries smpte240m \
  -color_trc smpte240m h264-240m.mp4
# Green with another colour to its left and above it, which the stream cuts off.
ff -f lavfi -i "color=white:size=64x64:rate=10:duration=0.2,drawbox=x=10:y=6:w=54:h=58:c=0x20C060:t=fill,format=yuv420p" $x264 -qp 0 \
  -bsf:v h264_metadata=crop_left=10:crop_top=6 h264-cropped.mp4
# Fields, two packets for each frame, as camcorders write them.
npx tsx ../../../tools/make-fields.ts fields.264 20
ff -framerate 10 -i fields.264 -c copy $exact -f mpegts h264-fields.mpegts
ff -framerate 10 -i fields.264 -c copy $exact h264-fields.mp4
rm fields.264
# No IDR picture: blocks are renewed a column at a time, and the first ten pictures are cut off.
ff -f lavfi -i "$source" -c:v libx264 -preset medium -threads 1 -x264-params intra-refresh=1:keyint=10:bframes=0 -crf 20 $exact \
  -bsf:v "noise=drop=lt(n\,10)" -f mpegts h264-no-idr.mpegts
# No IDR picture: open groups, the first of them cut off; with arithmetic and with variable length codes.
for code in 1 0; do
  ff -f lavfi -i "$source" -c:v libx264 -preset medium -threads 1 -x264-params open-gop=1:keyint=10:min-keyint=10:bframes=3:b-adapt=0:cabac=$code \
    -crf 20 $exact -bsf:v "noise=drop=lt(n\,7)" -f mpegts h264-recovery-points-$code.mpegts
done
# A second, larger video track that is not the default one; one frame only.
ff -i h264-index-last.mp4 -f lavfi -i "color=white:size=192x128:rate=10:duration=1" -map 0:v -map 1:v $x264 \
  -disposition:v:0 default -disposition:v:1 0 two-video-tracks.mp4
ff -f lavfi -i "$source" -frames:v 1 $x264 one-frame.mp4
# Other containers and codecs.
ff -f lavfi -i "$source" -c:v libvpx -g 10 -auto-alt-ref 1 -b:v 200k -threads 1 $exact vp8.webm
ff -f lavfi -i "$source" -f lavfi -i "$tone" -c:v libvpx-vp9 -g 10 -crf 30 -b:v 0 -threads 1 -c:a libopus -b:a 12k \
  -cluster_time_limit 1000 $exact vp9.webm
ff -f lavfi -i "$source" -c:v libvpx-vp9 -g 10 -crf 30 -b:v 0 -threads 1 -pix_fmt yuv420p10le $exact vp9-10-bit.webm
ff -f lavfi -i "$source" -c:v libaom-av1 -g 10 -crf 30 -b:v 0 -cpu-used 6 -threads 1 $exact av1.mp4
ff -i h264-index-last.mp4 -c copy $exact -cluster_time_limit 500 -f matroska pipe:1 | cat > h264-no-cues.mkv
ff -i h264-index-first.mp4 -c copy $exact -f mpegts h264.mpegts
# What cannot be decoded, or not be read.
ff -f lavfi -i "$tone" $aac $exact sound-only.m4a
ff -f lavfi -i "$source" -frames:v 10 -c:v mpeg4 -b:v 60k $exact mpeg4-part-2.mp4
ff -f lavfi -i "$source" -frames:v 10 -c:v mpeg4 -b:v 60k $exact mpeg4-part-2.mkv
ff -f lavfi -i "$source" -frames:v 10 -c:v mpeg4 -b:v 60k $exact mpeg4-part-2.avi
ff -f lavfi -i "$source" -frames:v 10 -c:v libx265 -x265-params log-level=none -tag:v hvc1 $exact hevc.mp4
ff -f lavfi -i "$source" -frames:v 3 -c:v prores_ks -profile:v 0 $exact prores.mov
ff -f lavfi -i "$source" -frames:v 10 -c:v mpeg2video $exact -f mpegts mpeg2.mpegts
ff -f lavfi -i "$source" -frames:v 10 -c:v flv $exact sorenson.flv
ff -f lavfi -i "$source" -frames:v 10 -c:v wmv2 $exact wmv2.wmv
ff -i h264-index-last.mp4 -c copy $exact -encryption_scheme cenc-aes-ctr \
  -encryption_key 00112233445566778899aabbccddeeff -encryption_kid 0123456789abcdef0123456789abcdef protected.mp4
# Pictures, still and moving.
ff -f lavfi -i "$source" -frames:v 10 -vf "format=rgb24,split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none" moving.gif
ff -f lavfi -i "$source" -frames:v 10 -c:v libwebp_anim -lossless 0 -q:v 80 -loop 0 moving.webp
ff -f lavfi -i "$source" -frames:v 6 -vf "scale=48:32,format=rgb24" -f apng -plays 0 moving.png
ff -f lavfi -i "$source" -frames:v 1 still.png
ff -f lavfi -i "$source" -frames:v 1 -q:v 3 still.jpg
ls -l | awk '{ total += $5 } END { print total, "bytes" }'
