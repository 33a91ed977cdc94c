using System.Globalization;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Reads numbers from environment variables and says what is wrong with them. An empty variable counts as not set.</summary>
/// <param name="variable">Gives a variable's value, null where it is not set.</param>
internal sealed class VariableReader(Func<string, string?> variable)
{
    /// <summary>The text; null where it is not set.</summary>
    public string? Text(string name) => variable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The number; null where it is not set.</summary>
    /// <exception cref="LaunchException">It is none, or below the least.</exception>
    public int? Number(string name, int least = 0)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected the variable {name} to be a number from {least} on, but found '{text}'."));
    }

    /// <summary>The first of several variables that is set, as a number.</summary>
    public int? FirstNumber(int least, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Number(name, least) is { } number)
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>Rank and world size, which are set together or not at all.</summary>
    /// <param name="rankName">The variable of the rank.</param>
    /// <param name="sizeName">The variable of the world size.</param>
    /// <returns>Both; null where neither is set.</returns>
    /// <exception cref="LaunchException">One is set without the other, or the rank is not below the size.</exception>
    public (int Rank, int WorldSize)? Place(string rankName, string sizeName)
    {
        var (rank, size) = (Number(rankName), Number(sizeName, 1));
        return (rank, size) switch
        {
            (null, null) => null,
            (null, _) => throw Alone(rankName, sizeName, size),
            (_, null) => throw Alone(sizeName, rankName, rank),
            _ when rank >= size => throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected the variable {rankName} to be below {sizeName} = {size}, but found {rank}.")),
            _ => (rank.Value, size.Value),
        };
    }

    private static LaunchException Alone(string missing, string present, int? value)
        => new(string.Create(CultureInfo.InvariantCulture, $"Expected the variable {missing} beside {present} = {value}, but it is not set."));
}
