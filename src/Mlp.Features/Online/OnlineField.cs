using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>One stored feature of a view.</summary>
/// <param name="Name">Field name within the view.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Length">Number of elements: more than 1 for a vector of float32.</param>
internal sealed record OnlineField(string Name, FeatureType Type, int Length = 1);
