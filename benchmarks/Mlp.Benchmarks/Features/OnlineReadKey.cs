using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features;

/// <summary>A kind of entity key.</summary>
/// <param name="Name">What it is called in results.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Parts">The key of an entity by its number.</param>
internal sealed record OnlineReadKey(string Name, (string Name, EntityValueKind Kind)[] Columns, Func<int, EntityValue[]> Parts)
{
    /// <summary>All kinds that are measured.</summary>
    internal static OnlineReadKey[] All { get; } =
    [
        new("int64", [("id", EntityValueKind.Int64)], id => [(long)id]),
        new("string", [("id", EntityValueKind.String)], id => ["customer-" + id.ToString("D9", CultureInfo.InvariantCulture)]),
        new("composite", [("id", EntityValueKind.Int64), ("region", EntityValueKind.String)], id => [(long)id, "region-" + (id % 50).ToString("D2", CultureInfo.InvariantCulture)]),
    ];
}
