#!/bin/sh
# Makes tests/fixtures/clips from public/samples with ffmpeg (5.1 or later, with libx264 and libvpx).
set -eu
cd "$(dirname "$0")/../tests/fixtures/clips"
samples=../../../public/samples
ff() { ffmpeg -hide_banner -loglevel error -nostdin -y -fflags +bitexact "$@"; }
exact="-map_metadata -1 -flags:v +bitexact -an"

# A sample in another container and codec: fine enough that the answers stay the same.
ff -i $samples/counting.mp4 $exact -c:v libvpx-vp9 -lossless 1 -threads 1 -color_range tv counting.webm

# Forty seconds: the samples of four seconds one after another, twice; two frames a second and small pictures, as only the time it takes to
# watch matters.
half="select=not(mod(n\\,12)),setpts=N/2/TB,fps=2"
ff -i $samples/one-object.mp4 -i $samples/two-objects.mp4 -i $samples/sequence.mp4 -i $samples/counting.mp4 -i $samples/appearing.mp4 \
  -filter_complex "[0:v]$half[a];[1:v]$half[b];[2:v]$half[c];[3:v]$half[d];[4:v]$half[e];[a][b][c][d][e]concat=n=5:v=1,scale=192:192,loop=loop=1:size=40,setpts=N/2/TB" -r 2 \
  $exact -c:v libx264 -preset slow -threads 1 -g 8 -crf 30 -movflags +faststart forty-seconds.mp4
ls -l
