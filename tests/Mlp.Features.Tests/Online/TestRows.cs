using System.Buffers.Binary;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

/// <summary>Rows whose every word is derived from key and version, so that a row of another key and one of two writers show.</summary>
internal static class TestRows
{
    private const uint Definition = 0xA1B2C3D4;

    /// <summary>View id and entity, as long as the entity says.</summary>
    internal static byte[] Key(uint view, int id)
    {
        var key = new byte[12 + (id % 5 * 3)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, view);
        BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(4), id);
        return key;
    }

    /// <summary>A row; its length changes with the version where <paramref name="varies"/> is set.</summary>
    internal static byte[] Row(uint view, int id, long version, bool varies = true)
    {
        var words = varies ? 4 + (int)((version + id) % 3 * 6) : 16;
        var row = new byte[OnlineRowLayout.HeaderLength + (words * sizeof(ulong))];
        BinaryPrimitives.WriteUInt32LittleEndian(row, Definition);
        BinaryPrimitives.WriteInt64LittleEndian(row.AsSpan(OnlineRowLayout.VersionOffset), version);
        for (var i = 0; i < words; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(row.AsSpan(OnlineRowLayout.HeaderLength + (i * sizeof(ulong))), Word(view, id, version, i));
        }

        return row;
    }

    /// <summary>The version of a row, which must be whole and of the key.</summary>
    internal static long VersionOf(ReadOnlySpan<byte> row, uint view, int id)
    {
        var version = OnlineRowCodec.ReadEventTime(row);
        var words = (row.Length - OnlineRowLayout.HeaderLength) / sizeof(ulong);
        for (var i = 0; i < words; i++)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(row[(OnlineRowLayout.HeaderLength + (i * sizeof(ulong)))..]) != Word(view, id, version, i))
            {
                throw new InvalidOperationException($"Torn or foreign row: view {view}, entity {id}, version {version}, word {i} of {words}.");
            }
        }

        return version;
    }

    private static ulong Word(uint view, int id, long version, int index)
        => ((ulong)version * 0x9E3779B97F4A7C15UL) ^ ((ulong)view << 40) ^ ((ulong)id << 20) ^ (ulong)index;
}
