using System.Numerics;
using Apache.Arrow;
using Mlp.Runtime.Models;
using Mlp.Training.Sampling;

namespace Mlp.Training.Preprocessing;

/// <summary>Reads labels as numbers: truth values as 0 and 1, integers and floats as they are.</summary>
internal static class LabelColumn
{
    /// <summary>Adds the labels of a column.</summary>
    /// <exception cref="TrainingDataException">The column has another type, or a row has no finite label.</exception>
    public static void Append(IArrowArray array, string name, List<double> destination)
    {
        switch (array)
        {
            case BooleanArray truth:
                Append(array, name, destination, row => truth.GetValue(row) == true ? 1 : 0);
                break;
            case FloatArray single:
                AppendNumbers(single, name, destination);
                break;
            case DoubleArray wide:
                AppendNumbers(wide, name, destination);
                break;
            case Int64Array int64:
                AppendNumbers(int64, name, destination);
                break;
            case Int32Array int32:
                AppendNumbers(int32, name, destination);
                break;
            case Int16Array int16:
                AppendNumbers(int16, name, destination);
                break;
            case Int8Array int8:
                AppendNumbers(int8, name, destination);
                break;
            case UInt8Array uint8:
                AppendNumbers(uint8, name, destination);
                break;
            default:
                throw new TrainingDataException($"Expected the label column '{name}' to hold truth values or numbers, but found the Arrow type {array.Data.DataType.Name}.", name);
        }
    }

    /// <summary>Checks that labels are classes of a binary problem.</summary>
    /// <exception cref="TrainingDataException">A label is neither 0 nor 1.</exception>
    public static void ThrowIfNotBinary(ReadOnlySpan<double> labels, string name)
    {
        for (var row = 0; row < labels.Length; row++)
        {
            if (labels[row] is not (0 or 1))
            {
                throw new TrainingDataException($"Expected label '{name}' to be 0 or 1 in every row, but row {row} holds another number: make them 0 and 1, or two texts.", name, row);
            }
        }
    }

    /// <summary>Checks that labels are classes of a binary problem.</summary>
    /// <exception cref="TrainingDataException">They are three texts or more, or a label is neither 0 nor 1.</exception>
    public static void ThrowIfNotBinary(LabelledRows rows)
    {
        if (rows.ClassNames.Count > 2)
        {
            throw new TrainingDataException(
                $"Expected two classes in label '{rows.LabelColumnName}', but found {rows.ClassNames.Count}: {nameof(ModelTask.MulticlassClassification)} takes several.", rows.LabelColumnName);
        }

        ThrowIfNotBinary(rows.Labels, rows.LabelColumnName);
    }

    /// <summary>For sentences on classes that training rows lack: a word on the rows that were held out.</summary>
    /// <param name="trainingCount">How many rows train.</param>
    /// <param name="rowCount">How many rows there are.</param>
    /// <param name="haveThem">Whether the other rows have such a class.</param>
    /// <returns>A sentence after a space; empty where the other rows lack them too.</returns>
    public static string HeldOut(long trainingCount, long rowCount, bool haveThem)
        => haveThem
            ? FormattableString.Invariant($" The last {rowCount - trainingCount} of {rowCount} rows validate: mix rows that are sorted by class, or give validation rows ({nameof(TrainingSplit)}.{nameof(TrainingSplit.ByChanceAsync)}).")
            : string.Empty;

    /// <summary>The exception for a row without a label.</summary>
    public static TrainingDataException NoLabel(string name, int row) => new($"Expected a label in every row of column '{name}', but row {row} has none.", name, row);

    private static void AppendNumbers<T>(PrimitiveArray<T> array, string name, List<double> destination)
        where T : struct, INumber<T>
        => Append(array, name, destination, row => double.CreateTruncating(array.Values[row]));

    private static void Append(IArrowArray array, string name, List<double> destination, Func<int, double> valueAt)
    {
        for (var row = 0; row < array.Length; row++)
        {
            var value = array.IsValid(row) ? valueAt(row) : double.NaN;
            if (!double.IsFinite(value))
            {
                throw double.IsNaN(value)
                    ? NoLabel(name, destination.Count)
                    : new TrainingDataException($"Expected a finite label in every row of column '{name}', but row {destination.Count} holds an infinite number.", name, destination.Count);
            }

            destination.Add(value);
        }
    }
}
