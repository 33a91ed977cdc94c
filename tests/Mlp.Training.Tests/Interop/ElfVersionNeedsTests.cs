using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Training.Interop;

namespace Mlp.Training.Tests.Interop;

public sealed class ElfVersionNeedsTests
{
    [Fact]
    public void Read_TwoLibrariesThreeVersions_ListsThemInOrder()
    {
        var needs = ElfVersionNeeds.Read(SmallElf());

        Assert.Equal(
            [("libb.so", "B_1", 2), ("libb.so", "B_2", 3), ("liba.so", "A_9", 4)],
            needs.Select(n => (n.Library, n.Version, n.Index)));
        Assert.DoesNotContain(needs, n => n.IsWeak);
    }

    [Fact]
    public void MarkWeak_OneVersion_LeavesTheOthers()
    {
        var file = SmallElf();

        ElfVersionNeeds.MarkWeak(file, ElfVersionNeeds.Read(file)[1]);

        Assert.Equal([false, true, false], ElfVersionNeeds.Read(file).Select(n => n.IsWeak));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    public void CountRelocations_ByVersion_CountsSymbolsThatCarryIt(int need, int expected)
    {
        var file = SmallElf();

        Assert.Equal(expected, ElfVersionNeeds.CountRelocations(file, ElfVersionNeeds.Read(file)[need]));
    }

    [Fact]
    public void Read_EveryTruncation_IsRefusedOrComplete()
    {
        var file = SmallElf();
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Read(file.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(0, 0x7e)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    public void Read_ForeignFormat_IsRefused(int offset, byte value)
    {
        var file = SmallElf();
        file[offset] = value;

        var error = Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Read(file));

        Assert.Contains("ELF64", error.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 300)]
    public Property Read_RandomDamage_NeverLeavesTheFile()
        => Prop.ForAll(
            Gen.Choose(0, SmallElf().Length - 1).Two().ToArbitrary(),
            pair =>
            {
                var file = SmallElf();
                file[pair.Item1] ^= 0xff;
                file[pair.Item2] ^= 0x81;
                try
                {
                    foreach (var need in ElfVersionNeeds.Read(file))
                    {
                        _ = ElfVersionNeeds.CountRelocations(file, need);
                        ElfVersionNeeds.MarkWeak(file, need);
                    }
                }
                catch (InvalidDataException)
                {
                    // Refused with a sentence, which is all that is asked.
                }

                return true;
            });

    // Sections: 0 null, 1 strings, 2 version needs, 3 symbol versions, 4 dynamic symbols, 5 relocations. Headers come last, so that every cut is noticed.
    private static byte[] SmallElf()
    {
        var strings = "\0libb.so\0B_1\0B_2\0liba.so\0A_9\0"u8.ToArray();
        var needs = new byte[5 * 16];
        Need(needs, 0, count: 2, file: 1, aux: 16, next: 48);
        Aux(needs, 16, index: 2, name: 9, next: 16);
        Aux(needs, 32, index: 3, name: 13, next: 0);
        Need(needs, 48, count: 1, file: 17, aux: 16, next: 0);
        Aux(needs, 64, index: 4, name: 25, next: 0);
        var versions = new byte[] { 0, 0, 2, 0, 3, 0, 4, 0x80 };
        var relocations = new byte[3 * 24];
        BinaryPrimitives.WriteUInt64LittleEndian(relocations.AsSpan(8), (1UL << 32) | 6);
        BinaryPrimitives.WriteUInt64LittleEndian(relocations.AsSpan(32), (3UL << 32) | 7);
        BinaryPrimitives.WriteUInt64LittleEndian(relocations.AsSpan(56), (3UL << 32) | 7);

        var file = new List<byte>(new byte[64]);
        var headers = new List<byte>(new byte[64]);
        void Add(byte[] content, uint type, uint link, uint entrySize)
        {
            var header = new byte[64];
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), type);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), (ulong)file.Count);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), (ulong)content.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), link);
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(56), entrySize);
            headers.AddRange(header);
            file.AddRange(content);
        }

        Add(strings, 3, 0, 0);
        Add(needs, 0x6ffffffe, 1, 0);
        Add(versions, 0x6fffffff, 4, 2);
        Add(new byte[4 * 24], 11, 1, 24);
        Add(relocations, 4, 4, 24);
        var start = file.Count;
        file.AddRange(headers);
        var bytes = file.ToArray();
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), (ulong)start);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(60), 6);
        return bytes;
    }

    private static void Need(byte[] table, int at, ushort count, uint file, uint aux, uint next)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(at), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(at + 2), count);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at + 4), file);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at + 8), aux);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at + 12), next);
    }

    private static void Aux(byte[] table, int at, ushort index, uint name, uint next)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(at + 6), index);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at + 8), name);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at + 12), next);
    }
}
