namespace Mlp.Runtime.Statistics;

/// <summary>Searches in ascending values.</summary>
internal static class SortedSearch
{
    /// <summary>The number of values below a limit; a value equal to the limit is not below it.</summary>
    /// <param name="ascending">Values in ascending order, without NaN.</param>
    /// <param name="limit">The limit.</param>
    internal static int CountBelow(ReadOnlySpan<double> ascending, double limit)
    {
        var low = 0;
        var high = ascending.Length;
        while (low < high)
        {
            var middle = (int)(((uint)low + (uint)high) >> 1);
            if (ascending[middle] < limit)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
