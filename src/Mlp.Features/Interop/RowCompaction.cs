using System.Collections.Frozen;
using FASTER.core;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <summary>Leaves rows of views that were cleared behind when the log is compacted.</summary>
/// <param name="retired">The numbers under which such rows are kept.</param>
internal readonly struct RowCompaction(FrozenSet<uint> retired) : ICompactionFunctions<SpanByte, SpanByte>
{
    /// <inheritdoc/>
    public bool IsDeleted(ref SpanByte key, ref SpanByte value) => retired.Contains(OnlineView.ReadViewId(key.AsReadOnlySpan()));
}
