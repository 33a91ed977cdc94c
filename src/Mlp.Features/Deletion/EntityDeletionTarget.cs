using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Deletion;

/// <summary>An entity in one version of a view.</summary>
/// <param name="View">The view.</param>
/// <param name="Key">Key parts in the view's order; null stands for any value.</param>
internal sealed record EntityDeletionTarget(FeatureViewDefinition View, EntityValue[] Key);
