namespace Mlp.Training.Distributed.Launch;

/// <summary>Reads SLURM's short form of host names, such as <c>gpu[03-05,9],login1</c>.</summary>
internal static class SlurmNodeList
{
    /// <summary>The first host of a list: <c>gpu03</c> for the one above.</summary>
    /// <exception cref="LaunchException">A bracket is not closed, or the list is empty.</exception>
    public static string First(string list)
    {
        var name = new System.Text.StringBuilder();
        for (var i = 0; i < list.Length && list[i] != ','; i++)
        {
            if (list[i] != '[')
            {
                name.Append(list[i]);
                continue;
            }

            var close = list.IndexOf(']', i);
            if (close < 0)
            {
                throw new LaunchException($"Expected SLURM's list of hosts to close its brackets, but found '{list}'.");
            }

            var numbers = list.AsSpan(i + 1, close - i - 1);
            var end = numbers.IndexOfAny(',', '-');
            name.Append(end < 0 ? numbers : numbers[..end]);
            i = close;
        }

        return name.Length > 0 ? name.ToString() : throw new LaunchException($"Expected SLURM's list of hosts to name one, but found '{list}'.");
    }
}
