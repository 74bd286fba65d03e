// Reads archives from standard input, each with its length before it (8 bytes, big end first), and says of each as a line of
// JSON what archive/tar makes of it. Names and targets are hex: they are bytes.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

// Larger contents are not looked at: they are holes.
const largest = 4 << 20

type entry struct {
	Name, Link                      string
	Kind                            byte
	Size, Mode, Uid, Gid, Mtime     int64
	Major, Minor                    int64
	Content                         string
}

type verdict struct {
	Entries []entry
	Error   string
}

func read(archive []byte) verdict {
	told := verdict{Entries: []entry{}}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return told
		}
		content := "-"
		if err == nil && header.Size <= largest {
			hash := sha256.New()
			_, err = io.Copy(hash, reader)
			content = hex.EncodeToString(hash.Sum(nil))
		}
		if err != nil {
			told.Error = err.Error()
			return told
		}
		told.Entries = append(told.Entries, entry{
			hex.EncodeToString([]byte(header.Name)), hex.EncodeToString([]byte(header.Linkname)), header.Typeflag,
			header.Size, header.Mode, int64(header.Uid), int64(header.Gid), header.ModTime.Unix(),
			header.Devmajor, header.Devminor, content,
		})
	}
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length uint64
		if binary.Read(in, binary.BigEndian, &length) != nil {
			return
		}
		archive := make([]byte, length)
		if _, err := io.ReadFull(in, archive); err != nil {
			panic(err)
		}
		if err := json.NewEncoder(out).Encode(read(archive)); err != nil {
			panic(err)
		}
	}
}
