using System.Buffers;
using System.Text;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

public sealed class FrameLogWriterTests : IDisposable
{
    /// <summary>So that a writer that never flushes fails a test and does not hang it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempDirectory _folder = new();
    private readonly RecordingDiskSync _disk = new();

    public FrameLogWriterTests() => Log = _folder.Combine("a.mlplog");

    private string Log { get; }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_NewLog_IsDurableWithItsHeaderAtOnce()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, """{"kind":"test"}"""u8);

        Assert.Equal(["file .tmp", $"directory {Path.GetFileName(_folder.FullName)}"], _disk.Calls);
        using var reader = FrameLogReader.Open(Log);
        Assert.Equal("""{"kind":"test"}""", Encoding.UTF8.GetString(reader.Header.Span));
    }

    [Fact]
    public void Create_ExistingLog_Throws()
    {
        FrameLogs.Write(Log, ["first"]);

        Assert.Throws<IOException>(() => FrameLogWriter.Create(_disk, Log, "{}"u8));

        Assert.Equal(["first"], FrameLogs.Read(Log));
    }

    [Fact]
    public async Task CommitAsync_PositionOfAppend_IsFlushedThenAndNotBefore()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        var syncs = _disk.Calls.Count;

        var position = writer.Append("one"u8);
        Assert.Equal(syncs, _disk.Calls.Count);
        Assert.Equal(FrameLogs.StartLength, writer.DurablePosition);
        Assert.Empty(FrameLogs.Read(Log));

        await writer.CommitAsync(position);
        Assert.Equal(syncs + 1, _disk.Calls.Count);
        Assert.Equal(position, writer.DurablePosition);
        Assert.Equal(["one"], FrameLogs.Read(Log));

        await writer.CommitAsync(position);
        await writer.FlushAsync();
        writer.Flush();
        Assert.Equal(syncs + 1, _disk.Calls.Count);
    }

    [Fact]
    public void Append_PiecesAndSequences_ReadBackAsOnePayload()
    {
        using (var writer = FrameLogWriter.Create(_disk, Log, "{}"u8))
        {
            writer.Append("ab"u8, "cde"u8);
            writer.Append(Sequence("fg"u8.ToArray(), "h"u8.ToArray(), "ij"u8.ToArray()));
            writer.Append(ReadOnlySequence<byte>.Empty);
        }

        Assert.Equal(["abcde", "fghij", ""], FrameLogs.Read(Log));
    }

    [Fact]
    public async Task CommitAsync_ManyWaitersDuringAFlush_ShareTheNextOne()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var syncs = _disk.Calls.Count;
        _disk.OnSync = (_, _) =>
        {
            entered.Set();
            release.Wait(Patience);
        };

        var first = writer.CommitAsync(writer.Append("first"u8)).AsTask();
        Assert.True(entered.Wait(Patience));
        var others = Enumerable.Range(0, 100).Select(i => writer.CommitAsync(writer.Append(BitConverter.GetBytes(i))).AsTask()).ToArray();
        Assert.False(first.IsCompleted);
        release.Set();
        await Task.WhenAll([first, .. others]).WaitAsync(Patience);

        Assert.Equal(syncs + 2, _disk.Calls.Count);
        Assert.Equal(101, FrameLogs.Read(Log).Length);
    }

    [Fact]
    public async Task CommitAsync_PositionUnderWay_WaitsForThatFlushOnly()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        using var entered = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        _disk.OnSync = (_, _) =>
        {
            entered.Release();
            release.Wait(Patience);
        };

        var position = writer.Append("first"u8);
        var first = writer.CommitAsync(position).AsTask();
        Assert.True(await entered.WaitAsync(Patience));
        var second = writer.CommitAsync(writer.Append("second"u8)).AsTask();
        var again = writer.CommitAsync(position).AsTask();
        release.Release();
        await Task.WhenAll(first, again).WaitAsync(Patience);

        Assert.True(await entered.WaitAsync(Patience));
        Assert.False(second.IsCompleted);
        release.Release();
        await second;
    }

    [Fact]
    public async Task CommitAsync_Cancelled_LeavesTheFlushToTheOthers()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        _disk.OnSync = (_, _) => release.Wait(Patience);

        var position = writer.Append("first"u8);
        var cancelled = writer.CommitAsync(position, cancellation.Token).AsTask();
        var other = writer.CommitAsync(position).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        release.Set();
        await other;

        Assert.Equal(["first"], FrameLogs.Read(Log));
    }

    [Fact]
    public async Task CommitAsync_PositionBeyondTheEnd_Throws()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => writer.CommitAsync(writer.Position + 1).AsTask());
    }

    [Fact]
    public async Task Append_ManyThreads_EveryAcknowledgedFrameIsThereOnceAndInOrderPerThread()
    {
        const int Threads = 6;
        const int PerThread = 200;
        using (var writer = FrameLogWriter.Create(_disk, Log, "{}"u8, maxBufferedLength: 2000))
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
            {
                for (var i = 0; i < PerThread; i++)
                {
                    var position = writer.Append(Encoding.UTF8.GetBytes($"{thread}:{i}"));
                    if (i % 7 == 0)
                    {
                        await writer.CommitAsync(position);
                    }
                    else if (i % 11 == 0)
                    {
                        writer.Flush();
                    }
                }
            })));
        }

        var frames = FrameLogs.Read(Log);
        Assert.Equal(Threads * PerThread, frames.Length);
        for (var thread = 0; thread < Threads; thread++)
        {
            Assert.Equal(
                Enumerable.Range(0, PerThread).Select(i => $"{thread}:{i}"),
                frames.Where(f => f.StartsWith($"{thread}:", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task CommitAsync_FlushFails_FaultsTheWriterAndKeepsWhatWasAcknowledged()
    {
        using (var writer = FrameLogWriter.Create(_disk, Log, "{}"u8))
        {
            await writer.CommitAsync(writer.Append("acknowledged"u8));
            var durable = writer.DurablePosition;
            _disk.OnSync = (_, _) => throw new IOException("No space left on device.");

            var position = writer.Append("lost"u8);
            var error = await Assert.ThrowsAsync<LogWriteException>(() => writer.CommitAsync(position).AsTask());

            Assert.Equal((Log, durable), (error.Path, error.DurableLength));
            Assert.Contains(Log, error.Message, StringComparison.Ordinal);
            Assert.Contains("No space left on device.", error.Message, StringComparison.Ordinal);

            _disk.OnSync = null;
            Assert.Throws<LogWriteException>(() => writer.Append("later"u8));
            Assert.Throws<LogWriteException>(writer.Flush);
            await Assert.ThrowsAsync<LogWriteException>(() => writer.CommitAsync(position).AsTask());
        }

        using var reader = FrameLogReader.Open(Log);
        Assert.Equal(["acknowledged"], FrameLogs.ReadRest(reader));
        Assert.Equal(0, reader.TornBytes);
    }

    [Fact]
    public async Task CommitAsync_FlushFails_FailsEverybodyWhoWaits()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        _disk.OnSync = (_, _) =>
        {
            entered.Set();
            release.Wait(Patience);
            throw new IOException("The device failed.");
        };

        var first = writer.CommitAsync(writer.Append("first"u8)).AsTask();
        Assert.True(entered.Wait(Patience));
        var second = writer.CommitAsync(writer.Append("second"u8)).AsTask();
        var blocked = Task.Run(writer.Flush);
        release.Set();

        await Assert.ThrowsAsync<LogWriteException>(() => first);
        await Assert.ThrowsAsync<LogWriteException>(() => second);
        await Assert.ThrowsAsync<LogWriteException>(() => blocked);
    }

    [Fact]
    public void Continue_TornTail_CutsItOffAndGoesOn()
    {
        FrameLogs.WriteUnclosed(Log, ["first"], ["second"]);
        FrameLogs.Truncate(Log, new FileInfo(Log).Length - 3);

        using (var reader = FrameLogReader.Open(Log))
        {
            Assert.Throws<InvalidOperationException>(() => FrameLogWriter.Continue(_disk, reader));
            Assert.Equal(["first"], FrameLogs.ReadRest(reader));
            using var writer = FrameLogWriter.Continue(_disk, reader);
            Assert.Equal(["file a.mlplog", $"directory {Path.GetFileName(_folder.FullName)}"], _disk.Calls);
            writer.Append("third"u8);
        }

        Assert.Equal(["first", "third"], FrameLogs.Read(Log));
    }

    [Fact]
    public void Continue_TornTailLongerThanWhatFollows_LeavesNothingOfIt()
    {
        FrameLogs.WriteUnclosed(Log, ["first"], [new string('x', 3000)]);
        FrameLogs.Truncate(Log, new FileInfo(Log).Length - 3);

        using (var reader = FrameLogReader.Open(Log))
        {
            FrameLogs.ReadRest(reader);
            using var writer = FrameLogWriter.Continue(_disk, reader);
            writer.Append("second"u8);
        }

        using var again = FrameLogReader.Open(Log);
        Assert.Equal(["first", "second"], FrameLogs.ReadRest(again));
        Assert.True(again.IsClosed);
        Assert.Equal(0, again.TornBytes);
    }

    [Fact]
    public void Continue_ClosedLogWithNothingToAdd_DoesNotGrow()
    {
        FrameLogs.Write(Log, ["first"]);
        var length = new FileInfo(Log).Length;
        for (var i = 0; i < 3; i++)
        {
            using var reader = FrameLogReader.Open(Log);
            FrameLogs.ReadRest(reader);
            FrameLogWriter.Continue(_disk, reader).Dispose();
        }

        Assert.Equal(length, new FileInfo(Log).Length);
    }

    [Fact]
    public void Append_AfterDispose_Throws()
    {
        var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        writer.Dispose();
        writer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => writer.Append("x"u8));
    }

    [Fact]
    public void Append_TooLong_Throws()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        var megabyte = new byte[1024 * 1024];
        var tooLong = Sequence([.. Enumerable.Repeat(megabyte, 512)]);

        Assert.Throws<ArgumentException>(() => writer.Append(tooLong));
    }

    [Fact]
    public void Append_MoreThanMayWait_FlushesByItself()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8, maxBufferedLength: 1000);
        for (var i = 0; i < 100; i++)
        {
            writer.Append(new byte[100]);
            Assert.InRange(writer.Position - writer.DurablePosition, 0, 1000);
        }

        writer.Append(new byte[5000]);
        writer.Flush();
        Assert.Equal(101, FrameLogs.Read(Log).Length);
    }

    [Fact]
    public void Append_AfterWarmUp_AllocatesNothing()
    {
        using var writer = FrameLogWriter.Create(_disk, Log, "{}"u8);
        var payload = new byte[200];
        var sequence = Sequence(new byte[100], new byte[100]);
        var least = long.MaxValue;
        for (var round = 0; round < Allocations.MaximumRuns && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            AppendMany();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            // Both buffers grow in the first two rounds.
            least = round < 2 ? least : Math.Min(least, allocated);
            writer.Flush();
        }

        Assert.Equal(0, least);

        void AppendMany()
        {
            for (var i = 0; i < 2000; i++)
            {
                writer.Append(payload);
                writer.Append(payload.AsSpan(0, 10), payload);
                writer.Append(sequence);
            }
        }
    }

    private static ReadOnlySequence<byte> Sequence(params byte[][] pieces)
    {
        var first = new Piece(pieces[0], 0);
        var last = first;
        foreach (var piece in pieces.Skip(1))
        {
            last = last.Then(piece);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(byte[] bytes, long runningIndex) => (Memory, RunningIndex) = (bytes, runningIndex);

        internal Piece Then(byte[] bytes)
        {
            var next = new Piece(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
