using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.TestSupport;
using Xunit.Abstractions;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Tasks with anything changed: whatever comes, the daemon lives and other tasks go on meanwhile.</summary>
public sealed class TaskFuzzTests(ITestOutputHelper output)
{
    private const int TasksPerRound = 20;
    private const string SeedVariable = "MLP_SEED";

    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 20_261_129;

    /// <summary>The most that the process may have had in memory, although lengths of up to a gibibyte are within the limits: what has not come is not touched.</summary>
    private const long MaximumResidentKibibytes = 1 << 20;

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Run_MutatedTasks_NeverEndTheDaemon()
    {
        await using var package = await TestPackage.CreateLinearAsync(width: 2);
        var tasks = FuzzTasks.Create(package);
        var random = new Random(Seed);
        using var worker = WorkerProcess.StartDaemon();
        using var lasting = worker.Connect();
        foreach (var task in tasks)
        {
            var reply = lasting.Run(task);
            Assert.True(reply.IsSuccess, reply.Error);
        }

        var before = Memory(worker.Id, "RssAnon");
        var (answered, refused, ended, longest) = (0, 0, 0, TimeSpan.Zero);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            var open = new List<HeldTask>();
            try
            {
                while (open.Count < TasksPerRound)
                {
                    var task = Mutate(tasks[random.Next(tasks.Length)], tasks, random);
                    open.Add(new HeldTask(worker, task, random.Next(task.Length + 1)));
                }

                // While they are open, on a new connection, and on one that was there before all of them.
                using var peer = worker.Connect();
                Assert.True(peer.Run(tasks[round % tasks.Length]).IsSuccess, $"Round {round} of seed {Seed}: another task failed.");
                Assert.True(lasting.Run(tasks[round % tasks.Length]).IsSuccess, $"Round {round} of seed {Seed}: the next task of an earlier connection failed.");
                foreach (var task in open)
                {
                    var start = Stopwatch.GetTimestamp();
                    var answer = task.Finish();
                    longest = longest > Stopwatch.GetElapsedTime(start) ? longest : Stopwatch.GetElapsedTime(start);
                    if (answer is null)
                    {
                        ended++;
                    }
                    else if (answer.Error is null)
                    {
                        answered++;
                    }
                    else
                    {
                        refused++;
                        Assert.False(answer.Error.StartsWith("The worker failed", StringComparison.Ordinal), $"Round {round} of seed {Seed}: {answer.Error}");
                    }
                }
            }
            finally
            {
                open.ForEach(t => t.Dispose());
            }
        }

        var resident = Memory(worker.Id, "VmHWM");
        output.WriteLine($"Seed {Seed}, {TestRounds.Count * TasksPerRound} mutations of {tasks.Length} tasks by one daemon, {TasksPerRound} open at once: {answered} answered, {refused} refused with a sentence, {ended} ended by their own end.");
        output.WriteLine($"Longest end of a task {longest.TotalMilliseconds:F0} ms. RssAnon {before >> 10} MiB before, {Memory(worker.Id, "RssAnon") >> 10} MiB after; at most {resident >> 10} MiB resident.");
        Assert.Equal(TestRounds.Count * TasksPerRound, answered + refused + ended);
        Assert.True(refused > 0);
        Assert.InRange(resident, 0, MaximumResidentKibibytes);
    }

    /// <summary>Half of the changes are to commands and data, before which the configuration of a session may be much longer.</summary>
    private static byte[] Mutate(byte[] task, byte[][] others, Random random)
    {
        var bytes = task.ToList();
        var command = task.AsSpan().IndexOf("{\"v\":"u8);
        for (var changes = random.Next(1, 5); changes > 0 && bytes.Count > 8; changes--)
        {
            var position = random.Next(random.Next(2) == 0 || command >= bytes.Count ? 0 : command, bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 2:
                    Overwrite(bytes, position, random);
                    break;
                case 3:
                    bytes.RemoveRange(position, Math.Min(random.Next(1, 40), bytes.Count - position));
                    break;
                case 4:
                    var other = others[random.Next(others.Length)];
                    var start = random.Next(other.Length);
                    bytes.InsertRange(position, other.AsSpan(start, Math.Min(random.Next(1, 200), other.Length - start)).ToArray());
                    break;
                default:
                    bytes.RemoveRange(position, random.Next(10) == 0 ? bytes.Count - position : 0);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>A number that lengths, counts and offsets do not expect, in either order of bytes.</summary>
    private static void Overwrite(List<byte> bytes, int position, Random random)
    {
        int[] numbers = [int.MaxValue, int.MinValue, -1, 0, 1, 255, 65_536, 1 << 24, 1 << 29, random.Next()];
        var number = new byte[4];
        var value = numbers[random.Next(numbers.Length)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(number, value);
        }

        for (var i = 0; i < number.Length && position + i < bytes.Count; i++)
        {
            bytes[position + i] = number[i];
        }
    }

    /// <summary>A line of the memory of a process, in KiB; 0 where the system has none.</summary>
    private static long Memory(int process, string name)
        => OperatingSystem.IsLinux()
            ? long.Parse(File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : 0;
}
