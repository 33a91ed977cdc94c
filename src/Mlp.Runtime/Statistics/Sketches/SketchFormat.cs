namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>What a sketch begins with: four letters that say what it is, and the version of its layout. A reader refuses a version above its own.</summary>
/// <param name="Magic">Four ASCII letters.</param>
/// <param name="Version">The version that is written, and the newest that is read.</param>
/// <param name="Name">What it is, for messages.</param>
internal readonly record struct SketchFormat(string Magic, byte Version, string Name)
{
    internal static readonly SketchFormat Moments = new("MMOM", 1, "moments");
    internal static readonly SketchFormat DDSketch = new("MDDS", 1, "quantile sketch (DDSketch)");
    internal static readonly SketchFormat Kll = new("MKLL", 1, "quantile sketch (KLL)");
    internal static readonly SketchFormat HyperLogLog = new("MHLL", 1, "distinct count (HyperLogLog)");
    internal static readonly SketchFormat FrequentItems = new("MFRQ", 1, "frequent items");
    internal static readonly SketchFormat Column = new("MCOL", 1, "profile of a column");
    internal static readonly SketchFormat DataProfile = new("MPRF", 1, "data profile");
}
