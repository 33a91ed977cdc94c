namespace Mlp.Training.Preprocessing;

/// <summary>Encoded rows while blocks write them.</summary>
internal sealed class EncodedRowsBuilder
{
    public EncodedRowsBuilder(int rowCount, int floatWidth, int slotsPerRow, int idCount)
    {
        (RowCount, FloatWidth, SlotsPerRow, IdCount) = (rowCount, floatWidth, slotsPerRow, idCount);
        Floats = new float[checked(rowCount * floatWidth)];
        Slots = new int[checked(rowCount * slotsPerRow)];
        Ids = new int[checked(rowCount * idCount)];
        Slots.AsSpan().Fill(EncodedRows.NoSlot);
    }

    public int RowCount { get; }

    public int FloatWidth { get; }

    public int SlotsPerRow { get; }

    public int IdCount { get; }

    /// <summary>Shape (rows, <see cref="FloatWidth"/>), row-major.</summary>
    public float[] Floats { get; }

    /// <summary>Shape (rows, <see cref="SlotsPerRow"/>), row-major.</summary>
    public int[] Slots { get; }

    /// <summary>Shape (rows, <see cref="IdCount"/>), row-major.</summary>
    public int[] Ids { get; }

    /// <summary>The rows.</summary>
    /// <param name="width">Dense outputs of a row.</param>
    public EncodedRows Build(int width) => new(RowCount, Floats, FloatWidth, Slots, SlotsPerRow, width, Ids, IdCount);
}
