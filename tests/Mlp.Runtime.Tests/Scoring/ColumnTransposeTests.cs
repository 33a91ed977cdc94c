using FsCheck.Xunit;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Tests.Scoring;

public sealed class ColumnTransposeTests
{
    [Property]
    public void Write_FourBytes_AgreesWithTheScalarTwin(int seed, byte rows, byte before, byte behind)
        => Agree(seed, rows % 70, before % 9, behind % 9, r => BitConverter.Int32BitsToSingle(r.Next(int.MinValue, int.MaxValue)));

    [Property]
    public void Write_EightBytes_AgreesWithTheScalarTwin(int seed, byte rows, byte before, byte behind)
        => Agree(seed, rows % 70, before % 9, behind % 9, r => r.NextInt64(long.MinValue, long.MaxValue));

    [Property]
    public void Write_OneByte_AgreesWithTheScalarTwin(int seed, byte rows, byte before, byte behind)
        => Agree(seed, rows % 70, before % 9, behind % 9, r => r.Next(2) == 1);

    [Property]
    public void Write_SixteenColumns_AgreesWithTheScalarTwin(int seed, byte rows, byte before, byte behind)
    {
        var random = new Random(seed);
        var (count, width) = (rows % 70, (before % 9) + 16 + (behind % 9));
        var columns = Enumerable.Range(0, 16).Select(_ => Enumerable.Range(0, count).Select(_ => random.NextSingle()).ToArray()).ToArray();
        var vector = new float[count * width];
        var scalar = new float[count * width];

        ColumnTranspose.Write(Spans(columns[..8]), Spans(columns[8..]), vector, width, before % 9);
        ColumnTranspose.WriteScalar(Spans(columns[..8]), scalar, width, before % 9);
        ColumnTranspose.WriteScalar(Spans(columns[8..]), scalar, width, (before % 9) + 8);

        Assert.Equal(scalar, vector);
    }

    [Fact]
    public void Write_ShortColumnOrTable_Refuses()
    {
        var eight = new float[8];
        var seven = new float[7];

        Assert.Throws<ArgumentException>(() => ColumnTranspose.Write(Spans([eight, eight, eight, seven, eight, eight, eight, eight]), new float[64], 8, 0));
        Assert.Throws<ArgumentException>(() => ColumnTranspose.Write(Spans([eight, eight, eight, eight, eight, eight, eight, eight]), new float[63], 8, 0));
        Assert.Throws<ArgumentException>(() => ColumnTranspose.Write(Spans([eight, eight, eight, eight, eight, eight, eight, eight]), new float[64], 8, 1));
    }

    private static void Agree<T>(int seed, int rowCount, int before, int behind, Func<Random, T> next)
        where T : unmanaged
    {
        var random = new Random(seed);
        var columns = Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, rowCount).Select(_ => next(random)).ToArray()).ToArray();
        var width = before + 8 + behind;
        var vector = new T[rowCount * width];
        var scalar = new T[rowCount * width];

        ColumnTranspose.Write(Spans(columns), vector, width, before);
        ColumnTranspose.WriteScalar(Spans(columns), scalar, width, before);

        Assert.Equal(System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(scalar), System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(vector));
        for (var row = 0; row < rowCount; row++)
        {
            Assert.Equal(columns.Select(c => c[row]), scalar.AsSpan((row * width) + before, 8).ToArray());
            Assert.All(scalar.AsSpan(row * width, before).ToArray(), v => Assert.Equal(default, v));
        }
    }

    private static ColumnSpans<T> Spans<T>(T[][] c)
        => new() { C0 = c[0], C1 = c[1], C2 = c[2], C3 = c[3], C4 = c[4], C5 = c[5], C6 = c[6], C7 = c[7] };
}
