namespace Mlp.Training.Preprocessing;

/// <summary>A column that can be read as numbers.</summary>
internal interface INumberSource
{
    /// <summary>The value of a row as double; NaN where it is not present.</summary>
    double NumberAt(int row);

    /// <summary>The values of a run of rows as doubles; NaN where they are not present.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="destination">One per row; overwritten.</param>
    void Read(int start, Span<double> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = NumberAt(start + i);
        }
    }
}
