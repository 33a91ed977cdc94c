namespace Mlp.Runtime.Statistics;

/// <summary>Bins of equal width over [0, 1]: bin b covers [b/B, (b+1)/B), the last one includes 1.</summary>
internal static class EqualWidthBins
{
    /// <summary>The bin of a probability; a value equal to an edge b/B (as a double) goes to the upper bin.</summary>
    /// <remarks>
    /// The product p·B can round across an edge, so the edges have the last word. Values below 0 go to the first bin, above 1 to the last.
    /// NaN is not allowed.
    /// </remarks>
    /// <param name="probability">p.</param>
    /// <param name="binCount">B, at least 1.</param>
    internal static int IndexOf(double probability, int binCount)
    {
        var bin = (int)Math.Clamp(probability * binCount, 0, binCount - 1);
        if (bin > 0 && probability < bin / (double)binCount)
        {
            return bin - 1;
        }

        return bin < binCount - 1 && probability >= (bin + 1) / (double)binCount ? bin + 1 : bin;
    }
}
