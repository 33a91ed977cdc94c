using System.Diagnostics;
using Apache.Arrow;
using DuckDB.NET.Data;
using Microsoft.ML.OnnxRuntime;

namespace Mlp.Benchmarks.Spark;

/// <summary>The rows of Parquet files, scored in this process by ONNX Runtime and nothing else: one thread per core, in the batches that Spark makes. The rows lie ready as float32.</summary>
internal sealed class OnnxRuntimeAlone
{
    private const int Width = 10;

    private readonly int _batchRows;
    private readonly float[] _rows;

    private OnnxRuntimeAlone(float[] rows, int batchRows) => (_rows, _batchRows) = (rows, batchRows);

    /// <summary>Reads the rows.</summary>
    /// <param name="data">Folder of Parquet files.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    public static async Task<OnnxRuntimeAlone> ReadAsync(string data, int rowCount, int batchRows)
    {
        var rows = new float[rowCount * Width];
        var first = 0;
        await using var connection = new DuckDBConnection("DataSource=:memory:");
        await connection.OpenAsync();
        await using var command = (DuckDBCommand)connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", Enumerable.Range(0, Width).Select(c => $"f{c}"))} FROM read_parquet('{data}/*.parquet')";
        await foreach (var batch in command.ExecuteArrowBatchesAsync())
        {
            using (batch)
            {
                for (var column = 0; column < Width; column++)
                {
                    var values = ((DoubleArray)batch.Column(column)).Values;
                    for (var row = 0; row < values.Length; row++)
                    {
                        rows[((first + row) * Width) + column] = (float)values[row];
                    }
                }

                first += batch.Length;
            }
        }

        return first == rowCount ? new OnnxRuntimeAlone(rows, batchRows) : throw new InvalidOperationException($"Expected {rowCount} rows in '{data}', but found {first}.");
    }

    /// <summary>Scores all rows.</summary>
    /// <param name="session">The model; it runs on the thread of its caller.</param>
    public Task<ScoredSum> RunAsync(InferenceSession session)
    {
        var (input, output) = (session.InputNames[0], session.OutputNames[0]);
        var count = _rows.Length / Width;
        var sums = new double[(count + _batchRows - 1) / _batchRows];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Score)).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return Task.FromResult(new ScoredSum(Stopwatch.GetElapsedTime(started).TotalSeconds, count, sums.Sum()));

        void Score()
        {
            using var options = new RunOptions();
            for (var batch = Interlocked.Increment(ref next); batch < sums.Length; batch = Interlocked.Increment(ref next))
            {
                var first = batch * _batchRows;
                var length = Math.Min(_batchRows, count - first);
                using var x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _rows.AsMemory(first * Width, length * Width), [length, Width]);
                using var scores = session.Run(options, [input], [x], [output]);
                foreach (var score in scores[0].GetTensorDataAsSpan<float>())
                {
                    sums[batch] += score;
                }
            }
        }
    }
}
