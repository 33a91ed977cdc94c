namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// The generator MT19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM Transactions on Modeling and Computer Simulation 8, 1998) with the seeding and the shuffling of numpy's RandomState, so that a split
/// which scikit-learn makes from a seed can be made again. Not for anything else.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Length = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    /// <summary>Seeds the generator.</summary>
    /// <param name="seed">Seed.</param>
    internal MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (var i = 1; i < Length; i++)
        {
            _state[i] = unchecked((1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i);
        }
    }

    /// <summary>The next 32 bits.</summary>
    internal uint Next()
    {
        if (_next == Length)
        {
            Twist();
        }

        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680u;
        y ^= (y << 15) & 0xEFC60000u;
        return y ^ (y >> 18);
    }

    /// <summary>The numbers from 0 on in an order of chance.</summary>
    /// <param name="count">How many.</param>
    internal int[] Permutation(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = i;
        }

        Shuffle(numbers);
        return numbers;
    }

    /// <summary>Brings values into an order of chance.</summary>
    /// <param name="values">The values.</param>
    internal void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i >= 1; i--)
        {
            var j = UpTo((uint)i);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>A number from 0 to a greatest one: bits under a mask, drawn again until they are not above it.</summary>
    private int UpTo(uint greatest)
    {
        var mask = greatest;
        mask |= mask >> 1;
        mask |= mask >> 2;
        mask |= mask >> 4;
        mask |= mask >> 8;
        mask |= mask >> 16;
        uint value;
        do
        {
            value = Next() & mask;
        }
        while (value > greatest);
        return (int)value;
    }

    private void Twist()
    {
        for (var i = 0; i < Length; i++)
        {
            var y = (_state[i] & 0x80000000u) | (_state[(i + 1) % Length] & 0x7FFFFFFFu);
            _state[i] = _state[(i + Middle) % Length] ^ (y >> 1) ^ ((y & 1) == 0 ? 0u : 0x9908B0DFu);
        }

        _next = 0;
    }
}
