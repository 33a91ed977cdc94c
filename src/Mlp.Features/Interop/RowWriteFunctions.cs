using FASTER.core;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <summary>What FASTER does with a written row: it is kept if there is none or if it replaces the kept one. A request to delete removes the kept one if it reaches it. Also moves rows when the log is compacted.</summary>
internal sealed class RowWriteFunctions : FunctionsBase<SpanByte, SpanByte, SpanByte, Empty, Empty>
{
    /// <inheritdoc/>
    public override bool NeedInitialUpdate(ref SpanByte key, ref SpanByte input, ref Empty output, ref RMWInfo rmwInfo) => !OnlineRowCodec.IsDeletion(input.AsReadOnlySpan());

    /// <inheritdoc/>
    public override bool InitialUpdater(ref SpanByte key, ref SpanByte input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo)
    {
        input.AsReadOnlySpan().CopyTo(value.AsSpan());
        return true;
    }

    /// <inheritdoc/>
    public override bool NeedCopyUpdate(ref SpanByte key, ref SpanByte input, ref SpanByte oldValue, ref Empty output, ref RMWInfo rmwInfo)
        => IsTaken(input.AsReadOnlySpan(), oldValue.AsReadOnlySpan());

    /// <inheritdoc/>
    public override bool CopyUpdater(ref SpanByte key, ref SpanByte input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo)
    {
        if (OnlineRowCodec.IsDeletion(input.AsReadOnlySpan()))
        {
            newValue.AsSpan().Clear();
            rmwInfo.Action = RMWAction.ExpireAndStop;
            return false;
        }

        input.AsReadOnlySpan().CopyTo(newValue.AsSpan());
        return true;
    }

    /// <inheritdoc/>
    public override bool InPlaceUpdater(ref SpanByte key, ref SpanByte input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo)
    {
        var current = value.AsSpan();
        var candidate = input.AsReadOnlySpan();
        if (!IsTaken(candidate, current))
        {
            return true;
        }

        if (OnlineRowCodec.IsDeletion(candidate))
        {
            // The record stays where it is, marked as none, and so never gets to the disk with what it held.
            current.Clear();
            rmwInfo.Action = RMWAction.ExpireAndStop;
            return false;
        }

        // A record keeps its length for life, or scans of the log would lose their step: another length makes a copy.
        if (candidate.Length != current.Length)
        {
            return false;
        }

        candidate.CopyTo(current);
        return true;
    }

    /// <inheritdoc/>
    public override bool SingleWriter(ref SpanByte key, ref SpanByte input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
        src.AsReadOnlySpan().CopyTo(dst.AsSpan());
        return true;
    }

    private static bool IsTaken(ReadOnlySpan<byte> input, ReadOnlySpan<byte> current)
        => OnlineRowCodec.IsDeletion(input) ? OnlineRowCodec.Deletes(OnlineRowCodec.ReadVersion(input).Sequence, current) : OnlineRowCodec.Replaces(input, current);
}
