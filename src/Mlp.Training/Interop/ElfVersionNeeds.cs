using System.Buffers.Binary;
using System.Text;

namespace Mlp.Training.Interop;

/// <summary>
/// The symbol versions that an ELF64 library asks of others (section <c>.gnu.version_r</c>), and the one change this library makes to such a file: marking a version weak,
/// which lets the loader go on where the host does not define it.
/// Layouts: System V gABI chapters 4 and 5; Linux Standard Base 5, "Symbol Versioning".
/// </summary>
internal static class ElfVersionNeeds
{
    /// <summary>The flag of a version that may be absent.</summary>
    public const ushort WeakFlag = 2;

    private const uint RelocationsWithAddend = 4;
    private const uint Relocations = 9;
    private const uint DynamicSymbols = 11;
    private const uint VersionNeeds = 0x6ffffffe;
    private const uint SymbolVersions = 0x6fffffff;

    private readonly record struct Section(uint Type, int Offset, int Size, int Link, int EntrySize);

    /// <summary>Lists the versions that a library needs.</summary>
    /// <param name="file">Bytes of the library.</param>
    /// <returns>One entry per version, in the order of the file.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a complete little-endian ELF64 file.</exception>
    public static IReadOnlyList<ElfVersionNeed> Read(ReadOnlySpan<byte> file)
    {
        var sections = ReadSections(file);
        var needs = new List<ElfVersionNeed>();
        foreach (var section in sections)
        {
            if (section.Type == VersionNeeds)
            {
                ReadNeeds(file, section, Linked(sections, section), needs);
            }
        }

        return needs;
    }

    /// <summary>Counts the relocations that need a symbol of a version: 0 means that nothing breaks when the version is absent.</summary>
    /// <param name="file">Bytes of the library.</param>
    /// <param name="need">The version.</param>
    /// <returns>Number of relocations.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a complete little-endian ELF64 file.</exception>
    public static int CountRelocations(ReadOnlySpan<byte> file, ElfVersionNeed need)
    {
        var sections = ReadSections(file);
        var versions = Array.Find(sections, s => s.Type == SymbolVersions);
        var count = 0;
        foreach (var section in sections)
        {
            if (section.Type is not (RelocationsWithAddend or Relocations) || Linked(sections, section).Type != DynamicSymbols)
            {
                continue;
            }

            var stride = section.EntrySize > 0 ? section.EntrySize : section.Type == Relocations ? 16 : 24;
            for (var at = 0; at + 16 <= section.Size; at += stride)
            {
                var symbol = (int)(U64(file, section.Offset + at + 8) >> 32);
                var version = symbol * 2 < versions.Size ? U16(file, versions.Offset + (symbol * 2)) & 0x7fff : 0;
                count += symbol != 0 && version == need.Index ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Marks a version weak.</summary>
    /// <param name="file">Bytes of the library, changed in place by one flag.</param>
    /// <param name="need">An entry of <see cref="Read"/> over the same bytes.</param>
    public static void MarkWeak(Span<byte> file, ElfVersionNeed need)
        => BinaryPrimitives.WriteUInt16LittleEndian(file[need.FlagsOffset..], (ushort)(need.Flags | WeakFlag));

    private static Section[] ReadSections(ReadOnlySpan<byte> file)
    {
        if (file.Length < 64 || !file[..4].SequenceEqual("\u007fELF"u8) || file[4] != 2 || file[5] != 1)
        {
            throw new InvalidDataException("Expected a little-endian ELF64 file, but found other bytes.");
        }

        var table = Offset(file, 40);
        var entrySize = U16(file, 58);
        var sections = new Section[U16(file, 60)];
        if (sections.Length > 0 && entrySize < 64)
        {
            throw new InvalidDataException($"Expected ELF section headers of at least 64 bytes, but found {entrySize}.");
        }

        for (var i = 0; i < sections.Length; i++)
        {
            var at = Checked((long)table + ((long)i * entrySize));
            sections[i] = new(U32(file, at + 4), Offset(file, at + 24), Offset(file, at + 32), Checked(U32(file, at + 40)), Offset(file, at + 56));
        }

        return sections;
    }

    private static void ReadNeeds(ReadOnlySpan<byte> file, Section section, Section names, List<ElfVersionNeed> needs)
    {
        for (var at = section.Offset; ;)
        {
            var library = Name(file, names, U32(file, at + 4));
            var entries = U16(file, at + 2);
            var entry = Checked((long)at + U32(file, at + 8));
            for (var i = 0; i < entries; i++)
            {
                needs.Add(new(library, Name(file, names, U32(file, entry + 8)), U16(file, entry + 6), U16(file, entry + 4), entry + 4));
                entry = Checked((long)entry + U32(file, entry + 12));
            }

            var next = U32(file, at + 12);
            if (next == 0)
            {
                return;
            }

            at = Checked((long)at + next);
        }
    }

    private static Section Linked(Section[] sections, Section section)
        => section.Link < sections.Length
            ? sections[section.Link]
            : throw new InvalidDataException($"Expected an ELF section below {sections.Length}, but found a link to {section.Link}.");

    private static string Name(ReadOnlySpan<byte> file, Section names, uint offset)
    {
        var start = Checked((long)names.Offset + offset);
        Need(file, start, 1);
        var rest = file[start..];
        var length = rest.IndexOf((byte)0);
        return length < 0 ? throw Truncated(file) : Encoding.UTF8.GetString(rest[..length]);
    }

    private static ushort U16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Need(file, at, 2));

    private static uint U32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Need(file, at, 4));

    private static ulong U64(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(Need(file, at, 8));

    private static int Offset(ReadOnlySpan<byte> file, int at)
    {
        var value = U64(file, at);
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException($"Expected an ELF file below 2 GB, but found the offset {value}.");
    }

    private static int Checked(long value)
        => value is >= 0 and <= int.MaxValue ? (int)value : throw new InvalidDataException($"Expected an ELF file below 2 GB, but found the offset {value}.");

    private static ReadOnlySpan<byte> Need(ReadOnlySpan<byte> file, int at, int length)
        => at >= 0 && at <= file.Length - length ? file.Slice(at, length) : throw Truncated(file);

    private static InvalidDataException Truncated(ReadOnlySpan<byte> file)
        => new($"Expected a complete ELF file, but it ends after {file.Length} bytes.");
}
