using System.Buffers.Binary;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Reads what every online row starts with. All lengths are checked: bytes of another layout are refused, not followed.</summary>
internal static class OnlineRowCodec
{
    /// <summary>The short id of the definition that a row was written by; 0 when it is too short to be a row.</summary>
    /// <param name="row">Row bytes.</param>
    internal static uint ReadDefinitionId(ReadOnlySpan<byte> row)
        => row.Length < OnlineRowLayout.HeaderLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(row);

    /// <summary>The event time of a row.</summary>
    /// <param name="row">Row bytes, at least a header long.</param>
    internal static long ReadEventTime(ReadOnlySpan<byte> row)
        => BinaryPrimitives.ReadInt64LittleEndian(row[OnlineRowLayout.VersionOffset..]);

    /// <summary>The version of a row.</summary>
    /// <param name="row">Row bytes, at least a header long.</param>
    internal static RowVersion ReadVersion(ReadOnlySpan<byte> row)
    {
        var version = row.Slice(OnlineRowLayout.VersionOffset, 3 * sizeof(long));
        return new RowVersion(
            BinaryPrimitives.ReadInt64LittleEndian(version),
            BinaryPrimitives.ReadInt64LittleEndian(version[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(version[16..]));
    }

    /// <summary>When a row may be seen: the later of its event time and its created time.</summary>
    /// <param name="version">Version of the row.</param>
    internal static long DueTime(in RowVersion version) => Math.Max(version.EventTime, version.CreatedTime);

    /// <summary>Whether a row takes the place of another: it was written by another definition, or <see cref="Visibility.Supersedes"/> says so.</summary>
    /// <param name="candidate">The row that asks to be kept.</param>
    /// <param name="current">The row that is kept now.</param>
    internal static bool Replaces(ReadOnlySpan<byte> candidate, ReadOnlySpan<byte> current)
        => ReadDefinitionId(candidate) != ReadDefinitionId(current) || Visibility.Supersedes(ReadVersion(candidate), ReadVersion(current));

    /// <summary>Whether a field of a row is present.</summary>
    /// <param name="row">Row bytes with their fixed part.</param>
    /// <param name="field">Index of the field in the view.</param>
    internal static bool IsPresent(ReadOnlySpan<byte> row, int field)
        => (row[OnlineRowLayout.PresenceOffset + (field >> 3)] & (1 << (field & 7))) != 0;

    /// <summary>Whether the bytes are a whole row of a view: header, fixed part and text fields fit their length exactly.</summary>
    /// <param name="row">Row bytes.</param>
    /// <param name="view">The view.</param>
    internal static bool IsWhole(ReadOnlySpan<byte> row, OnlineView view)
    {
        if (row.Length < view.Layout.FixedLength || ReadDefinitionId(row) != view.DefinitionId)
        {
            return false;
        }

        var rest = row[view.Layout.FixedLength..];
        for (var i = 0; i < view.Layout.StringCount; i++)
        {
            if (!TryTakeString(ref rest, out _))
            {
                return false;
            }
        }

        return rest.IsEmpty;
    }

    /// <summary>Takes the next text field.</summary>
    /// <param name="rest">What is left of the row.</param>
    /// <param name="utf8">The UTF-8 bytes.</param>
    /// <returns>False when the bytes do not hold one.</returns>
    internal static bool TryTakeString(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (rest.Length < sizeof(int))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < 0 || length > rest.Length - sizeof(int))
        {
            return false;
        }

        utf8 = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }
}
