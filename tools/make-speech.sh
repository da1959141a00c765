#!/bin/sh
# Makes tests/fixtures/speech with espeak-ng and ffmpeg: two sentences with a pause between, in video files.
# Sentence one begins at 1.0 s and sentence two at 5.0 s of the sound track, before what a file does to it.
set -eu
cd "$(dirname "$0")/../tests/fixtures/speech"
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact "$@"; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
say() { # FILE TEXT: without the silence that espeak puts in front
  espeak-ng -v en-us -s 145 -w "$work/raw.wav" "$2"
  ff -i "$work/raw.wav" -af silenceremove=start_periods=1:start_threshold=-50dB -ar 22050 "$1"
}
say "$work/one.wav" "The quick brown fox jumps over the lazy dog."
say "$work/two.wav" "Seven people waited at the station for the evening train."
ff -i "$work/one.wav" -i "$work/two.wav" -filter_complex \
  "[0]adelay=1000[a];[1]adelay=5000[b];[a][b]amix=inputs=2:normalize=0:duration=longest,apad=pad_dur=1" -ac 1 "$work/both.wav"
picture="-f lavfi -i color=gray:size=64x48:rate=5:duration=10"
exact="-map_metadata -1 -flags:v +bitexact -flags:a +bitexact -shortest"
x264="-c:v libx264 -preset medium -threads 1 -g 5 -crf 35 -pix_fmt yuv420p $exact"
make() { # NAME ENCODING…
  name=$1
  shift
  ff $picture -i "$work/both.wav" $* "$name"
}
make speech.mp4 "$x264 -c:a aac -b:a 40k"
# The rest is for a look by hand: sh tools/make-speech.sh --all
[ "${1:-}" = --all ] || exit 0
make speech.webm "-c:v libvpx -g 5 -b:v 20k -threads 1 $exact -c:a libopus -b:a 20k"
make speech.mov "$x264 -c:a pcm_s16le"
make speech-flac.mkv "$x264 -c:a flac"
make speech-mp3.mkv "$x264 -c:a libmp3lame -b:a 48k"
make speech.mpegts "$x264 -c:a aac -b:a 40k -f mpegts"
ff -i speech.mp4 -itsoffset 1.5 -i speech.mp4 -map 0:v -map 1:a -c copy $exact speech-late.mp4
ff -ss 0.7 -i speech.mp4 -c copy $exact speech-cut.mp4
