using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

public sealed class ScoreFileRefusalTests : ScoredFilesFolder
{
    [Fact]
    public async Task ScoreFileAsync_WhatIsWrong_IsSaid()
    {
        await using var platform = await ServeAsync(Linear());
        var model = platform.Model;
        var good = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 10);
        var arrow = await Files.WriteArrowAsync("rows.arrow", false, [Batch(0, 10)]);
        var stream = await Files.WriteArrowAsync("rows.arrows", true, [Batch(0, 10)]);
        var output = Files.Combine("out.parquet");

        Assert.Equal($"Expected a Parquet or Arrow file to score at '{Files.Combine("no")}', but found no file.", await ErrorAsync(Files.Combine("no"), output));
        Assert.Equal(
            $"Expected a column 'x' of type Float32 for the feature of that name, but found columns 'y' (model 'tips' version 1). The table is the file '{Files.Combine("y.parquet")}'.",
            await ErrorAsync(Files.WriteParquet("y.parquet", "range::FLOAT AS y", 10), output));
        Assert.Equal(
            "Expected column 'x' of Arrow type float, halffloat or an integer of at most 16 bits for a feature of type Float32, but found double (model 'tips' version 1). The conversion could lose digits: cast the column to float yourself if it may."
            + $" The table is the file '{Files.Combine("double.parquet")}'.",
            await ErrorAsync(Files.WriteParquet("double.parquet", "range::DOUBLE AS x", 10), Files.Combine("double-out.parquet")));
        Assert.EndsWith("but its first bytes are those of neither.", await ErrorAsync(Text("text.parquet"), output), StringComparison.Ordinal);
        foreach (var whole in new[] { good, arrow, stream })
        {
            Assert.EndsWith("but its end is missing: it was cut off or is still being written.", await ErrorAsync(Cut(whole), Files.Combine("cut-out.arrow")), StringComparison.Ordinal);
        }

        Assert.EndsWith("cannot be read as one.", await ErrorAsync(Damage(good, 4), output), StringComparison.Ordinal);
        Assert.EndsWith("cannot be read as one; the inner exception says where.", await ErrorAsync(Damage(arrow, 8), Files.Combine("damaged-out.arrow")), StringComparison.Ordinal);
        Assert.Equal(
            $"Expected an Arrow output for the Arrow file '{arrow}', but found '{output}'; a Parquet output needs a Parquet input.", await ErrorAsync(arrow, output));
        Assert.Equal($"Expected a folder '{Files.Combine("none")}' to write the output to, but found none.", await ErrorAsync(good, Path.Combine(Files.Combine("none"), "a.parquet")));
        Assert.StartsWith(
            "Expected the name of the output to end in .parquet,",
            (await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreFileAsync(good, Files.Combine("out.csv")))).Message,
            StringComparison.Ordinal);
        await model.ScoreFileAsync(good, Files.Combine("there.parquet"));
        Assert.Equal($"Expected '{Files.Combine("there.parquet")}' not to exist, but it does; nothing is overwritten.", await ErrorAsync(good, Files.Combine("there.parquet")));

        var unwritable = Files.Combine(new string('o', 250) + ".parquet");
        Assert.StartsWith($"Expected to write the output '{unwritable}' beside a folder '{Files.Combine($".{Path.GetFileName(unwritable)}.scoring")}' for its parts, but: ", await ErrorAsync(good, unwritable), StringComparison.Ordinal);

        async Task<string> ErrorAsync(string input, string to) => (await Assert.ThrowsAsync<FileScoringException>(() => model.ScoreFileAsync(input, to))).Message;
    }

    [Fact]
    public async Task ScoreFileAsync_OtherWorkInTheFolder_IsSaid()
    {
        await using var platform = await ServeAsync(Linear());
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        var started = new TaskCompletionSource();
        using var go = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var running = platform.Model.ScoreFileAsync(input, output, null, new Progress(p => HoldAt(p.RowCount)), cancellation.Token);
        await started.Task;

        var locked = await Assert.ThrowsAsync<FileScoringException>(() => platform.Model.ScoreFileAsync(input, output));
        go.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var options = await Assert.ThrowsAsync<FileScoringException>(
            () => platform.Model.ScoreFileAsync(input, output, new FileScoringOptions { Scoring = new ScoringOptions { Columns = [] } }));
        File.SetLastWriteTimeUtc(input, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var changed = await Assert.ThrowsAsync<FileScoringException>(() => platform.Model.ScoreFileAsync(input, output));

        var folder = Files.Combine(".out.parquet.scoring");
        Assert.Equal($"Expected to be alone in writing '{output}', but somebody else is: the folder '{folder}' is locked.", locked.Message);
        Assert.Equal($"Expected to go on with the output '{output}', but it was begun from other options. Delete the folder '{folder}' to begin anew.", options.Message);
        Assert.Equal($"Expected to go on with the output '{output}', but it was begun from an earlier content of '{input}'. Delete the folder '{folder}' to begin anew.", changed.Message);

        void HoldAt(long rowCount)
        {
            if (rowCount > 0)
            {
                started.TrySetResult();
                go.Wait();
                cancellation.Cancel();
            }
        }
    }

    [Theory]
    [InlineData(null, 2.0)]
    [InlineData(2.0, 3.0)]
    [InlineData(2.0, 2.0)]
    public async Task ScoreFileAsync_BegunWithOtherNullRules_IsRefused(double? begun, double? resumed)
    {
        var input = Files.WriteParquet("rows.parquet", "CASE WHEN range % 2 = 0 THEN range::FLOAT END AS x", 100);
        var output = Files.Combine("out.parquet");
        using var cancellation = new CancellationTokenSource();
        await using (var first = await ServeAsync(Linear(), configure: m => Configure(m, begun)))
        {
            var stop = new Progress(p => { if (p.RowCount > 0) { cancellation.Cancel(); } });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 10 }, stop, cancellation.Token));
        }

        await using var second = await ServeAsync(Linear(), configure: m => Configure(m, resumed));
        if (begun == resumed)
        {
            Assert.Equal(100, (await second.Model.ScoreFileAsync(input, output)).RowCount);
            return;
        }

        var error = await Assert.ThrowsAsync<FileScoringException>(() => second.Model.ScoreFileAsync(input, output));

        Assert.Equal(
            $"Expected to go on with the output '{output}', but it was begun when ModelOptions.OnNull said otherwise what stands for null (model 'tips'). Delete the folder '{Files.Combine(".out.parquet.scoring")}' to begin anew.",
            error.Message);
        Assert.False(File.Exists(output));

        static void Configure(ModelOptions model, double? value)
        {
            if (value is { } number)
            {
                model.OnNull("x", number);
            }
        }
    }

    [Fact]
    public async Task ScoreFileAsync_BegunWithTheSameVersionOfAnotherRegistry_IsRefused()
    {
        var input = Files.WriteParquet("rows.parquet", "range::FLOAT AS x", 100);
        var output = Files.Combine("out.parquet");
        using var cancellation = new CancellationTokenSource();
        await using (var first = await ServeAsync(Linear()))
        {
            var stop = new Progress(p =>
            {
                if (p.RowCount > 0)
                {
                    cancellation.Cancel();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Model.ScoreFileAsync(input, output, new FileScoringOptions { RowsPerPart = 10 }, stop, cancellation.Token));
        }

        await using var second = await ServeAsync(Linear(weight: 3));
        var error = await Assert.ThrowsAsync<FileScoringException>(() => second.Model.ScoreFileAsync(input, output));

        Assert.Contains($"and found version 1 with {second.Model.Manifest!.OnnxSha256}", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task ScoreFileAsync_NullThatIsRefused_NamesTheRowOfTheFile()
    {
        await using var platform = await ServeAsync(Linear(), configure: m => m.OnNull(NullPolicy.Error));
        var input = Files.WriteParquet("rows.parquet", "CASE WHEN range <> 7777 THEN range::FLOAT END AS x", 9000);

        var error = await Assert.ThrowsAsync<NullFeatureException>(() => platform.Model.ScoreFileAsync(input, Files.Combine("out.parquet"), new FileScoringOptions { RowsPerPart = 1000 }));

        Assert.Equal(("x", 7777L), (error.Feature, error.Row));
        Assert.EndsWith(
            $" The table is the file '{input}'. Rows before it are scored already: delete the folder '{Files.Combine(".out.parquet.scoring")}' before you score under another policy.",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreFileAsync_AnyDamageWithinAnArrowFile_IsSaidOfTheFileOrReadAsRows()
    {
        await using var platform = await ServeAsync(Linear());
        var whole = File.ReadAllBytes(await Files.WriteArrowAsync("rows.arrow", false, [Batch(0, 40)]));
        var random = new Random(7);
        for (var round = 0; round < TestRounds.Count * 10; round++)
        {
            var damaged = (byte[])whole.Clone();
            for (var i = 0; i < 3; i++)
            {
                damaged[random.Next(8, damaged.Length - 10)] = (byte)random.Next(256);
            }

            var input = Files.Combine($"damaged-{round}.arrow");
            File.WriteAllBytes(input, damaged);
            var error = await Record.ExceptionAsync(() => platform.Model.ScoreFileAsync(input, Files.Combine($"out-{round}.arrow")));
            Assert.True(error is null || error is FileScoringException && error.Message.StartsWith("Expected ", StringComparison.Ordinal) && error.Message.Contains(input, StringComparison.Ordinal), $"Round {round}: {error}");
        }
    }

    private string Text(string name)
    {
        File.WriteAllText(Files.Combine(name), "x\n1\n2\n3\n4\n");
        return Files.Combine(name);
    }

    private string Cut(string path)
    {
        var cut = Files.Combine("cut-" + Path.GetFileName(path));
        File.WriteAllBytes(cut, File.ReadAllBytes(path)[..^5]);
        return cut;
    }

    private string Damage(string path, int keep)
    {
        var damaged = Files.Combine("damaged-" + Path.GetFileName(path));
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(keep, bytes.Length - keep - 8).Fill(0x7F);
        File.WriteAllBytes(damaged, bytes);
        return damaged;
    }
}
