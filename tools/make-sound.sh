#!/bin/sh
# Makes tests/fixtures/sound with ffmpeg (5.1 or later): three seconds of video with two bursts of a tone, in all kinds of containers.
# expected.tsv has what ffmpeg hears in each: the file, and when each burst begins, in seconds after the first picture.
set -eu
cd "$(dirname "$0")/../tests/fixtures/sound"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact "$@"; }

picture="-f lavfi -i testsrc=size=96x64:rate=10:duration=3"
# Bursts of 0.2 s at 1 s and at 2.2 s.
burst="sin(2*PI*700*t)*0.7*(between(t,1,1.2)+between(t,2.2,2.4))"
sound() { ff -f lavfi -i "aevalsrc='$burst':s=$1:d=3" "$work/sound-$1.wav"; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
for rate in 8000 16000 22050 44100 48000; do sound $rate; done
exact="-map_metadata -1 -flags:v +bitexact -flags:a +bitexact -shortest"
x264="-c:v libx264 -preset medium -threads 1 -g 10 -bf 2 -crf 35 -pix_fmt yuv420p $exact"
vp8="-c:v libvpx -g 10 -b:v 60k -threads 1 $exact"

make() { # NAME RATE ENCODING…
  name=$1 rate=$2
  shift 2
  ff $picture -i "$work/sound-$rate.wav" $* "$name"
}

make aac.mp4 44100 "$x264 -c:a aac -b:a 32k -ac 2"
make aac-fragments.mp4 48000 "$x264 -c:a aac -b:a 32k -movflags +frag_keyframe+empty_moov+default_base_moof"
make mp3.mp4 44100 "$x264 -c:a libmp3lame -b:a 32k"
make opus.webm 48000 "$vp8 -c:a libopus -b:a 16k"
make vorbis.webm 44100 "$vp8 -c:a libvorbis -q:a 0"
make pcm-little.mov 8000 "$x264 -c:a pcm_s16le"
make pcm-24.mov 8000 "$x264 -c:a pcm_s24be"
make pcm-float.mov 8000 "$x264 -c:a pcm_f32le"
make mu-law.mov 8000 "$x264 -c:a pcm_mulaw"
make flac.mkv 16000 "$x264 -c:a flac"
make flac.mp4 16000 "$x264 -c:a flac -strict -2"
make opus.mp4 48000 "$x264 -c:a libopus -b:a 16k"
make mp3.mkv 22050 "$x264 -c:a libmp3lame -b:a 24k"
make pcm.mkv 8000 "$x264 -c:a pcm_s16le"
make aac.mpegts 48000 "$x264 -c:a aac -b:a 32k -f mpegts"
make surround.mp4 48000 "$x264 -c:a aac -b:a 96k -af pan=5.1|FC=c0"
# Sound that begins late, that a cut begins in the middle of (an edit list), that pauses, that is only silence.
ff -i aac.mp4 -itsoffset 0.7 -i aac.mp4 -map 0:v -map 1:a -c copy $exact late.mp4
ff -ss 0.6 -i aac.mp4 -c copy $exact cut.mp4
ff $picture -i "$work/sound-8000.wav" $x264 -c:a pcm_s16le -af "asetnsamples=400,aselect='not(between(t,1.4,1.9))'" gap.mkv
ff $picture -f lavfi -i anullsrc=r=44100:cl=mono -t 3 $x264 -c:a aac -b:a 16k silent.mp4
# Two languages, of which the second is the default one; a track that browsers do not decode; two recordings joined.
two() {
  ff $picture -f lavfi -i anullsrc=r=44100:cl=mono -i "$work/sound-44100.wav" -map 0:v -map 1:a -map 2:a -t 3 $x264 -c:a aac \
    -b:a 24k -metadata:s:a:0 language=deu -metadata:s:a:1 language=eng -disposition:a:0 0 -disposition:a:1 default "$1"
}
two two-tracks.mkv
two two-tracks.mp4
make dolby.mkv 48000 "$x264 -c:a ac3 -b:a 64k"
make lossless.mov 16000 "$x264 -c:a alac"
make layer-2.mpegts 48000 "$x264 -c:a mp2 -b:a 64k -f mpegts"
cat aac.mpegts aac.mpegts > joined.mpegts

# What ffmpeg hears: the ends of silence, after the first picture.
: > expected.tsv
for file in *.mp4 *.mov *.mkv *.webm *.mpegts; do
  case $file in joined.mpegts | two-tracks.* | silent.mp4) continue ;; esac
  first=$(ffprobe -v error -select_streams v -show_entries frame=pts_time -of csv=p=0 -read_intervals '%+#1' "$file" | head -1 | tr -d ,)
  heard=$(ffmpeg -hide_banner -nostdin -copyts -i "$file" -map 0:a:0 -af silencedetect=n=-30dB:d=0.1 -f null - 2>&1 |
    sed -n 's/.*silence_end: \([0-9.]*\) .*/\1/p' |
    head -2 | awk -v first="$first" '{ printf "%s%.3f", (NR > 1) ? " " : "", $1 - first }')
  printf '%s\t%s\n' "$file" "$heard" >> expected.tsv
done
cat expected.tsv
