namespace Mlp.Training.Preprocessing;

/// <summary>A column that can be read as numbers.</summary>
internal interface INumberSource
{
    /// <summary>The value of a row as double; NaN where it is not present.</summary>
    double NumberAt(int row);
}
