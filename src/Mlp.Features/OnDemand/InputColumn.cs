using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>A stored feature of the rows of a batch: values, null where there is none, and the statuses of the view that it comes from.</summary>
/// <param name="Values">The values, of exactly the type of the feature.</param>
/// <param name="Statuses">Missing, Present or Expired per row; a null that is present is Null.</param>
internal sealed record InputColumn(IArrowArray Values, UInt8Array Statuses)
{
    /// <summary>The status of a value.</summary>
    public FeatureStatus StatusOf(int row)
        => (FeatureStatus)Statuses.GetValue(row)!.Value is var status && status == FeatureStatus.Present && Values.IsNull(row) ? FeatureStatus.Null : status;
}
